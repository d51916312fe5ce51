import EventLoop
import Files
import FunctionsModel
import HTTP

extension DevHost {
    /// Fires the triggers of the app that is served.
    func listen() { listeners.install(current, except: disabled(current)) }

    // MARK: Warm-up

    /// Runs the app's warm-up function, if it has one. A failure is only reported (host-contract §18).
    func warmUp() async {
        let app = current
        let isWarmUp = { (function: Function) in
            function.name.lowercased() == "warmup" && function.trigger?.type == .warmupTrigger
        }
        guard let function = app.functions.values.first(where: isWarmUp), !disabled(app).contains(function.name) else {
            return
        }
        _ = await invoker.invoke(
            function, function.triggerBinding.payloadOfWarmup, cause: "warm-up", in: app, retries: false)
    }

    // MARK: Offline

    private var offlineFile: String { "\(folder)/app_offline.htm" }

    /// Takes the app offline if there is a file app_offline.htm, and online if there is none: triggers do not fire, the
    /// handler is stopped, and callers get the file (host-contract §4.5).
    func lookForOfflinePage() {
        guard File.exists(offlineFile) != isOffline else { return }
        isOffline.toggle()
        if isOffline {
            tell(
                .warning(
                    "the app is offline, because there is a file app_offline.htm: callers get 503 with its text, and "
                        + "the handler is stopped; remove the file to go online"))
            listeners.stop()
            handler.goOffline()
        } else {
            tell(.warning("the app is online again, because app_offline.htm is gone"))
            listen()
            handler.goOnline()
        }
    }

    var offlinePage: HTTPResponse {
        do throws(FileError) {
            return HTTPResponse(
                status: 503, contentType: "text/html", body: try File.read(offlineFile, limit: 1 << 20))
        } catch {
            tell(.warning("callers get 503 without a text, because \(offlineFile) cannot be read: \(error.reason)"))
            return HTTPResponse(status: 503)
        }
    }
}
