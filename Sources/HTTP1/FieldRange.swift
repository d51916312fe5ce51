/// Where one header field lies in the bytes it was parsed from. The value has no white space around it.
public struct FieldRange: Hashable, Sendable {
    var nameStart: UInt32
    var nameEnd: UInt32
    var valueStart: UInt32
    var valueEnd: UInt32

    public var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    public var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
}
