import EventLoop
import Glibc

extension HandlerProcess {
    /// A free loopback port. It lies below the range from which Linux by default assigns ports, because such a port
    /// could be taken before the process binds it.
    static func freePort() throws(StreamError) -> Int {
        while true {
            let port = UInt16.random(in: 20_000..<30_000)
            do throws(StreamError) {
                try TCPListener(EventLoop.main, bind: SocketAddress(.loopback, port: port)).close()
                return Int(port)
            } catch {
                guard error == .system(EADDRINUSE) else { throw error }
            }
        }
    }

    /// What the host would do about a port in host.json that cannot be listened on; nil if it can.
    static func problem(ofPort port: Int) -> String? {
        do throws(StreamError) {
            try TCPListener(EventLoop.main, bind: SocketAddress(.loopback, port: UInt16(clamping: port))).close()
            return nil
        } catch {
            return
                "port \(port), which host.json gives to the handler, cannot be listened on (\(error)). In Azure the host "
                + "does not start then; here, calls go to the program that has the port"
        }
    }
}
