import CQREncode

/// A QR code: a square of modules, dark or light, without its quiet zone.
///
/// **Source:** ISO/IEC 18004, by the system's libqrencode.
struct QRCode {
    /// Light modules that a reader needs on every side.
    static let quietZone = 4

    /// Modules of one side.
    let size: Int
    private let dark: [Bool]

    /// Encodes a text in ASCII, as small as it goes, with as much correction as fits the columns.
    ///
    /// Nil when not even the least correction makes it narrow enough, or the text is too long for
    /// any QR code (about 4,200 capitals and digits).
    init?(_ text: String, columns: Int) {
        for level in [QR_ECLEVEL_M, QR_ECLEVEL_L] {
            // Capitals and digits are packed tighter by themselves; the hint is for all others.
            guard let code = QRcode_encodeString(text, 0, level, QR_MODE_8, 1) else { continue }
            defer { QRcode_free(code) }
            let size = Int(code.pointee.width)
            guard size + 2 * Self.quietZone <= columns else { continue }
            self.size = size
            // The lowest bit of each module says whether it is dark.
            dark = (0..<(size * size)).map { code.pointee.data[$0] & 1 == 1 }
            return
        }
        return nil
    }

    /// Rows of text with two modules a character, dark ones as ink; with the quiet zone.
    var rows: [String] {
        let range = -Self.quietZone..<(size + Self.quietZone)
        return stride(from: range.lowerBound, to: range.upperBound, by: 2).map { top in
            String(
                range.map { column -> Character in
                    switch (isDark(top, column), isDark(top + 1, column)) {
                    case (true, true): "█"
                    case (true, false): "▀"
                    case (false, true): "▄"
                    case (false, false): " "
                    }
                })
        }
    }

    private func isDark(_ row: Int, _ column: Int) -> Bool {
        guard (0..<size).contains(row), (0..<size).contains(column) else { return false }
        return dark[row * size + column]
    }
}
