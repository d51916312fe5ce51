internal import COpenSSL

/// A number of OpenSSL that is not negative. Its memory is overwritten before it is freed.
final class BigNumber {
    let pointer: OpaquePointer

    init(_ bytes: [UInt8] = []) {
        // OpenSSL copies the bytes. It fails only if no memory is left.
        guard let pointer = BN_bin2bn(bytes, Int32(bytes.count), nil) else { preconditionFailure("no memory") }
        self.pointer = pointer
    }

    deinit { BN_clear_free(pointer) }

    var bitCount: Int { Int(BN_num_bits(pointer)) }
    var isOdd: Bool { BN_is_odd(pointer) == 1 }

    static func < (first: BigNumber, second: BigNumber) -> Bool { BN_cmp(first.pointer, second.pointer) < 0 }

    /// Whether this is the product of the two.
    func isProduct(_ first: BigNumber, _ second: BigNumber) -> Bool {
        let context = BN_CTX_secure_new()
        defer { BN_CTX_free(context) }
        let product = BigNumber()
        return BN_mul(product.pointer, first.pointer, second.pointer, context) == 1
            && BN_cmp(product.pointer, pointer) == 0
    }

    /// Whether the product with the other is 1 modulo a modulus, or modulo one less than it.
    func isInverse(of other: BigNumber, modulo modulus: BigNumber, less one: Bool) -> Bool {
        let context = BN_CTX_secure_new()
        defer { BN_CTX_free(context) }
        guard let modulus = BN_dup(modulus.pointer) else { return false }
        defer { BN_clear_free(modulus) }
        let product = BigNumber()
        return (!one || BN_sub_word(modulus, 1) == 1)
            && BN_mod_mul(product.pointer, pointer, other.pointer, modulus, context) == 1
            && BN_is_one(product.pointer) == 1
    }
}
