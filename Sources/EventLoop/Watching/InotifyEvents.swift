internal import Glibc

/// The events of one read from an inotify descriptor.
struct InotifyEvents {
    private(set) var changes: [ChangeBurst.Change] = []

    /// Parses events as inotify(7) describes them: the watch, the event, a cookie, and the length of the name that
    /// follows, which is padded with NULs.
    ///
    /// Every unsafe load stays within the bytes, because the code first compares `headSize` and `length` with what is
    /// left.
    init(_ bytes: RawSpan) {
        let headSize = 16
        var offset = 0
        while bytes.byteCount - offset >= headSize {
            let watch = bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Int32.self)
            let mask = bytes.unsafeLoadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
            let length = Int(bytes.unsafeLoadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
            offset += headSize
            guard length <= bytes.byteCount - offset else { return }
            var name: [UInt8] = []
            for place in offset..<offset + length {
                let byte = bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt8.self)
                if byte == 0 { break }
                name.append(byte)
            }
            take(mask, ChangeBurst.File(watch: watch, name: name))
            offset += length
        }
    }

    private mutating func take(_ mask: UInt32, _ file: ChangeBurst.File) {
        if mask & UInt32(IN_Q_OVERFLOW) != 0 {
            // The kernel ran out of room for events, so anything may have happened.
            changes.append(.lost)
        } else if mask & UInt32(IN_MODIFY) != 0 {
            changes.append(.written(file))
        } else if mask & UInt32(IN_IGNORED) == 0 {
            // IN_IGNORED only says that a watch was removed. The event that caused this was reported already.
            changes.append(.done(file))
        }
    }
}
