internal import CUV
internal import Glibc

/// A system thread that nobody joins.
public enum Thread {
    /// - Parameters:
    ///   - name: the name that `ps -T` shows. The system keeps 15 bytes of it.
    ///   - stackSize: nil means the system's default, usually 8 MB, of which only the used part takes memory.
    public static func start(
        named name: String, stackSize: Int? = nil, _ body: @escaping @Sendable () -> Void
    ) throws(StreamError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        if let stackSize { pthread_attr_setstacksize(&attributes, stackSize) }
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { start in
                guard let start else { return nil }
                let taken = Unmanaged<Start>.fromOpaque(start).takeRetainedValue()
                cuv_namethread(taken.name)
                taken.body()
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw .system(code)
        }
    }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
