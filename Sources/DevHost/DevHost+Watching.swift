import EventLoop
import Files
import FunctionsModel

/// The folders in which a change concerns the host.
extension DevHost {
    func watch() {
        if !options.handler.isLuafunc { watch({ [loader] in loader.walk() }) { [unowned self] in reload() } }
        watchSettings()
        watchBlobs()
        watchHostFiles()
    }

    private func watch(_ folders: @escaping @Sendable () -> [String], changed: @escaping @MainLoop () -> Void) {
        watchers.append(watcher(folders, changed: changed))
    }

    private func watcher(
        _ folders: @escaping @Sendable () -> [String], changed: @escaping @MainLoop () -> Void
    ) -> FileWatcher {
        FileWatcher(
            EventLoop.main, folders: folders, looking: { [unowned self] in tellPollingReason($0) }, changed: changed)
    }

    /// Restarts the handler when a file changes that host.json names for that (host-contract §4.5).
    func watchHostFiles() {
        let files = WatchedFiles(current.host.watched, root: folder)
        var last = files.snapshot()
        hostWatcher?.close()
        hostWatcher = watcher({ files.folders }) { [unowned self] in
            let next = files.snapshot()
            guard let changed = WatchedFiles.difference(last, next) else { return }
            last = next
            tell(.warning("\(changed) has changed: the handler is restarted"))
            handler.replace()
        }
    }

    /// Reports it only once, although several folders are watched.
    private func tellPollingReason(_ reason: FileWatcher.PollingReason) {
        guard reason != pollingReason else { return }
        pollingReason = reason
        // luafunc reports the same about the app itself.
        let what = options.handler.isLuafunc ? "local.settings.json, .env and files for blob triggers" : "saves"
        tell(.warning("changes of \(what) may take up to a second to be noticed: \(reason)"))
    }

    /// Tells a user who saves new settings that luafunc reads them only when it starts.
    private func watchSettings() {
        var told: String?
        watch({ [folder] in [folder] }) { [unowned self] in
            lookForOfflinePage()
            let text: String?
            do throws(Problem) {
                let saved = try LocalSettings(root: folder)
                let file = saved.envFile == settings.envFile ? "local.settings.json" : ".env"
                text = saved == settings ? nil : "\(file) has changed; restart luafunc to use its settings"
            } catch {
                // luafunc reports the mistakes in the files of an app that it can reload.
                let isReported = if case .folder = options.source { options.handler.isLuafunc } else { false }
                text = isReported ? nil : "\(error)"
            }
            if let text, text != told { tell(.warning(text)) }
            told = text
        }
    }

    private func watchBlobs() {
        let folder = "\(storage.folder)/blobs"
        do throws(FileError) {
            // A missing folder cannot be watched.
            try Folder.make(folder)
        } catch {
            return tell(.warning("files that are put into \(folder) trigger nothing: \(error)"))
        }
        watch({ Folder.tree(of: folder) }) { [storage] in storage.wake() }
    }
}
