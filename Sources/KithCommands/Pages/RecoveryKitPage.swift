import KithModel
import KithSite

/// The recovery kit as a page to print, and such a page as it is typed in again.
struct RecoveryKitPage {
    /// How many groups a line has; errors count lines by it.
    private static let groupsPerLine = 8
    /// Bytes of a page that are looked at.
    static let limit = 65_536

    private let context: CommandContext

    init(_ context: CommandContext) {
        self.context = context
    }

    /// The page.
    func lines(_ kit: RecoveryKitView) -> [Line] {
        let page = PartnershipPage(context)
        var lines: [Line] = [Line("Kith recovery kit", .bold), ""]
        lines += page.labelled("Site", kit.site.name)
        lines += page.labelled("Site id", kit.site.site.description)
        lines += page.labelled("Made", context.time(kit.made))
        for partner in kit.partners {
            lines += page.labelled("Partner", partner.name)
            lines += page.labelled("", partner.site.description)
            lines += page.labelled(
                "",
                partner.addresses.isEmpty ? "dials us" : partner.addresses.joined(separator: ", "))
        }
        lines += [
            "", "Whoever has this page and its passphrase is this site: lock the page away, and",
            "keep the passphrase elsewhere. If the machine is lost: kith recover PAGE", "",
        ]
        return lines + numbered(kit.code)
    }

    /// The page as a text.
    func text(_ kit: RecoveryKitView) -> String {
        lines(kit).map { $0.rendered(coloured: false) + "\n" }.joined()
    }

    /// Makes a kit of the site in a home and writes the page.
    func write(to file: String, under passphrase: String, home: String) async throws {
        let site = try await context.opener.open(home: home)
        do {
            try NewFile.write(text(try await site.recoveryKit(passphrase: passphrase)), to: file)
            await context.opener.close(site)
        } catch {
            await context.opener.close(site)
            throw error
        }
    }

    private func numbered(_ code: String) -> [Line] {
        let groups = code.split(separator: "-").map(String.init)
        return stride(from: 0, to: groups.count, by: Self.groupsPerLine).map { start in
            let number = start / Self.groupsPerLine + 1
            let line = groups[start..<min(start + Self.groupsPerLine, groups.count)]
            return Line((number < 10 ? " " : "") + "\(number): " + line.joined(separator: " "))
        }
    }

    /// The groups of a page: what stands behind `N:`, or everything where no line has a number.
    static func code(in page: String) -> String {
        let lines = page.split(whereSeparator: \.isNewline)
        let numbered = lines.compactMap { line -> Substring? in
            line.wholeMatch(of: /\s*[0-9]{1,3}:(.*)/)?.1
        }
        return (numbered.isEmpty ? lines : numbered).joined(separator: " ")
    }
}
