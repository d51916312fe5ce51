extension DotNetPattern {
    /// What a backslash and the characters after it stand for.
    struct Escape {
        /// In PCRE2's dialect, outside and inside a class.
        let outside: String
        let inside: String
        /// The single character that it stands for.
        let character: Unicode.Scalar?

        /// - Parameter inside: nil if it is the same as outside.
        init(_ outside: String, inside: String? = nil) {
            self.outside = outside
            self.inside = inside ?? outside
            character = nil
        }

        init(character: Unicode.Scalar) {
            outside = DotNetPattern.literal(character)
            inside = outside
            self.character = character
        }

        init(code: UInt32) {
            self.init(character: DotNetPattern.character(code))
        }
    }

    /// Reads what follows a backslash.
    mutating func readEscape(inClass: Bool = false) throws(Failure) -> Escape {
        guard let scalar = next() else { throw .refused("nothing follows the last '\\'") }
        switch scalar {
        case "d", "D", "s", "S", "W": return Escape("\\\(scalar)")
        case "w":
            let letters = #"\p{L}\p{Mn}\p{Nd}\p{Pc}"#
            return Escape("[\(letters)]", inside: letters)
        case "p", "P": return try readProperty(isNegative: scalar == "P")
        case "b" where inClass: return Escape(code: 8)
        case "b", "B", "A", "G", "Z", "z": if !inClass { return Escape("\\\(scalar)") }
        case "k" where !inClass: return try readReference()
        case "1"..."9" where !inClass:
            index -= 1
            return Escape("\\" + digits(most: 3))
        case "0"..."7":
            index -= 1
            let digits = input[index...].prefix(3).prefix { ("0"..."7").contains($0) }
            index = digits.endIndex
            return Escape(code: digits.reduce(0) { $0 * 8 + $1.value - 0x30 } & 0xff)
        case "a": return Escape(code: 7)
        case "e": return Escape(code: 0x1b)
        case "f": return Escape(code: 0xc)
        case "n": return Escape(code: 0xa)
        case "r": return Escape(code: 0xd)
        case "t": return Escape(code: 9)
        case "v": return Escape(code: 0xb)
        case "x": return try readCode(digits: 2)
        case "u": return try readCode(digits: 4)
        case "c":
            guard let letter = next(), let code = letter.properties.uppercaseMapping.unicodeScalars.first?.value,
                0x40...0x5f ~= code
            else { throw .refused("'\\c' needs a letter") }
            return Escape(code: code - 0x40)
        default: if !Self.isWord(scalar) { return Escape(character: scalar) }
        }
        throw .refused("'\\\(scalar)' is no escape that .NET knows")
    }

    private mutating func digits(most: Int) -> String {
        let digits = input[index...].prefix(most).prefix { ("0"..."9").contains($0) }
        index = digits.endIndex
        return digits.map { "\($0)" }.joined()
    }

    private mutating func readCode(digits count: Int) throws(Failure) -> Escape {
        let digits = input[index...].prefix(count).map { "\($0)" }.joined()
        guard digits.utf8.count == count, let code = UInt32(digits, radix: 16) else {
            throw .refused("'\\\(input[index - 1])' needs \(count) hexadecimal digits")
        }
        index += count
        return Escape(code: code)
    }

    private mutating func readReference() throws(Failure) -> Escape {
        let end = skip("<") ? ">" : skip("'") ? "'" : ""
        let name = input[index...].prefix { Self.isWord($0) }.map { "\($0)" }.joined()
        index += name.unicodeScalars.count
        guard !end.isEmpty, !name.isEmpty, skip(end) else { throw .refused("'\\k' needs a name such as '\\k<name>'") }
        return Escape(Int(name) == nil ? "\\k<\(name)>" : "\\g{\(name)}")
    }

    private mutating func readProperty(isNegative: Bool) throws(Failure) -> Escape {
        let letter = isNegative ? "P" : "p"
        guard skip("{") else { throw .refused("'\\\(letter)' needs a name such as '\\p{L}'") }
        let name = input[index...].prefix { $0 != "}" }.map { "\($0)" }.joined()
        index += name.unicodeScalars.count
        guard skip("}") else { throw .refused("'\\\(letter){' is never closed") }
        if let block = Self.block(name) {
            let range = Self.range(block)
            guard isNegative else { return Escape("[\(range)]", inside: range) }
            let before = block.lowerBound > 0 ? Self.range(0...block.lowerBound - 1) : ""
            return Escape("[^\(range)]", inside: before + Self.range(block.upperBound + 1...0x10_ffff))
        }
        guard Self.categories.contains(name) else {
            throw .refused("'\(name)' is no category or block that .NET knows")
        }
        // A letter has any case where case is ignored.
        let isCased = ignoresCase && ["Lu", "Ll", "Lt"].contains(name)
        return Escape("\\\(letter){\(isCased ? "L&" : name)}")
    }

    private static func range(_ codes: ClosedRange<UInt32>) -> String {
        "\(Escape(code: codes.lowerBound).inside)-\(Escape(code: codes.upperBound).inside)"
    }

    private static let categories: Set<String> = [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Cs", "Co", "Cn",
    ]

    /// The block of Unicode that .NET calls by this name; nil if there is none.
    static func block(_ name: String) -> ClosedRange<UInt32>? { blocks[name] }

    private static let blocks: [String: ClosedRange<UInt32>] = [
        "IsBasicLatin": 0...0x7f, "IsLatin-1Supplement": 0x80...0xff, "IsLatinExtended-A": 0x100...0x17e,
        "IsLatinExtended-B": 0x180...0x24f, "IsIPAExtensions": 0x250...0x2af,
        "IsSpacingModifierLetters": 0x2b0...0x2ff, "IsCombiningDiacriticalMarks": 0x300...0x36f,
        "IsGreek": 0x370...0x3ff, "IsGreekandCoptic": 0x370...0x3ff, "IsCyrillic": 0x400...0x4ff,
        "IsCyrillicSupplement": 0x500...0x52f, "IsArmenian": 0x530...0x58f, "IsHebrew": 0x590...0x5ff,
        "IsArabic": 0x600...0x6ff, "IsSyriac": 0x700...0x74f, "IsThaana": 0x780...0x7bf,
        "IsDevanagari": 0x900...0x97f, "IsBengali": 0x980...0x9ff, "IsGurmukhi": 0xa00...0xa7f,
        "IsGujarati": 0xa80...0xaff, "IsOriya": 0xb00...0xb7f, "IsTamil": 0xb80...0xbff, "IsTelugu": 0xc00...0xc7f,
        "IsKannada": 0xc80...0xcff, "IsMalayalam": 0xd00...0xd7f, "IsSinhala": 0xd80...0xdff, "IsThai": 0xe00...0xe7f,
        "IsLao": 0xe80...0xeff, "IsTibetan": 0xf00...0xfff, "IsMyanmar": 0x1000...0x109f,
        "IsGeorgian": 0x10a0...0x10ff, "IsHangulJamo": 0x1100...0x11ff, "IsEthiopic": 0x1200...0x137f,
        "IsCherokee": 0x13a0...0x13ff, "IsUnifiedCanadianAboriginalSyllabics": 0x1400...0x167f,
        "IsOgham": 0x1680...0x169f, "IsRunic": 0x16a0...0x16ff, "IsTagalog": 0x1700...0x171f,
        "IsHanunoo": 0x1720...0x173f, "IsBuhid": 0x1740...0x175f, "IsTagbanwa": 0x1760...0x177f,
        "IsKhmer": 0x1780...0x17ff, "IsMongolian": 0x1800...0x18af, "IsLimbu": 0x1900...0x194f,
        "IsTaiLe": 0x1950...0x197f, "IsKhmerSymbols": 0x19e0...0x19ff, "IsPhoneticExtensions": 0x1d00...0x1d7f,
        "IsLatinExtendedAdditional": 0x1e00...0x1eff, "IsGreekExtended": 0x1f00...0x1fff,
        "IsGeneralPunctuation": 0x2000...0x206f, "IsSuperscriptsandSubscripts": 0x2070...0x209f,
        "IsCurrencySymbols": 0x20a0...0x20cf, "IsCombiningDiacriticalMarksforSymbols": 0x20d0...0x20ff,
        "IsCombiningMarksforSymbols": 0x20d0...0x20ff, "IsLetterlikeSymbols": 0x2100...0x214f,
        "IsNumberForms": 0x2150...0x218f, "IsArrows": 0x2190...0x21ff, "IsMathematicalOperators": 0x2200...0x22ff,
        "IsMiscellaneousTechnical": 0x2300...0x23ff, "IsControlPictures": 0x2400...0x243f,
        "IsOpticalCharacterRecognition": 0x2440...0x245f, "IsEnclosedAlphanumerics": 0x2460...0x24ff,
        "IsBoxDrawing": 0x2500...0x257f, "IsBlockElements": 0x2580...0x259f, "IsGeometricShapes": 0x25a0...0x25ff,
        "IsMiscellaneousSymbols": 0x2600...0x26ff, "IsDingbats": 0x2700...0x27bf,
        "IsMiscellaneousMathematicalSymbols-A": 0x27c0...0x27ef, "IsSupplementalArrows-A": 0x27f0...0x27ff,
        "IsBraillePatterns": 0x2800...0x28ff, "IsSupplementalArrows-B": 0x2900...0x297f,
        "IsMiscellaneousMathematicalSymbols-B": 0x2980...0x29ff,
        "IsSupplementalMathematicalOperators": 0x2a00...0x2aff, "IsMiscellaneousSymbolsandArrows": 0x2b00...0x2bff,
        "IsCJKRadicalsSupplement": 0x2e80...0x2eff, "IsKangxiRadicals": 0x2f00...0x2fdf,
        "IsIdeographicDescriptionCharacters": 0x2ff0...0x2fff, "IsCJKSymbolsandPunctuation": 0x3000...0x303f,
        "IsHiragana": 0x3040...0x309f, "IsKatakana": 0x30a0...0x30ff, "IsBopomofo": 0x3100...0x312f,
        "IsHangulCompatibilityJamo": 0x3130...0x318f, "IsKanbun": 0x3190...0x319f,
        "IsBopomofoExtended": 0x31a0...0x31bf, "IsKatakanaPhoneticExtensions": 0x31f0...0x31ff,
        "IsEnclosedCJKLettersandMonths": 0x3200...0x32ff, "IsCJKCompatibility": 0x3300...0x33ff,
        "IsCJKUnifiedIdeographsExtensionA": 0x3400...0x4dbf, "IsYijingHexagramSymbols": 0x4dc0...0x4dff,
        "IsCJKUnifiedIdeographs": 0x4e00...0x9fff, "IsYiSyllables": 0xa000...0xa48f, "IsYiRadicals": 0xa490...0xa4cf,
        "IsHangulSyllables": 0xac00...0xd7af, "IsPrivateUse": 0xe000...0xf8ff,
        "IsPrivateUseArea": 0xe000...0xf8ff, "IsCJKCompatibilityIdeographs": 0xf900...0xfaff,
        "IsAlphabeticPresentationForms": 0xfb00...0xfb4f, "IsArabicPresentationForms-A": 0xfb50...0xfdff,
        "IsVariationSelectors": 0xfe00...0xfe0f, "IsCombiningHalfMarks": 0xfe20...0xfe2f,
        "IsCJKCompatibilityForms": 0xfe30...0xfe4f, "IsSmallFormVariants": 0xfe50...0xfe6f,
        "IsArabicPresentationForms-B": 0xfe70...0xfeff, "IsHalfwidthandFullwidthForms": 0xff00...0xffef,
        "IsSpecials": 0xfff0...0xffff,
    ]
}
