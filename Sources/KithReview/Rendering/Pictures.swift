import Foundation
import KithModel
import KithSite

/// Pictures as inline SVG, drawn at the server: black on white, told apart by shape as well, with a
/// text alternative. Attributes only, since the page allows no inline style.
enum Pictures {
    /// Text that may stand in SVG.
    static func safe(_ text: String) -> String {
        PageText.escaped(ShownText(line: text).text)
    }

    private static func short(_ text: String, _ length: Int) -> String {
        safe(text.count > length ? String(text.prefix(length - 1)) + "…" : text)
    }

    // MARK: Timeline

    private enum Mark: String, CaseIterable {
        case edit = "edits"
        case review = "reviews and comments"
        case decision = "clinical decisions"
        case transfer = "transfers and hospital contacts"

        init(_ moment: ChangesView.Moment) {
            switch moment.kind {
            case "transfer", "hospitalContact": self = .transfer
            case "signOff", "comment", "proposal": self = .review
            default: self = moment.provenance.entryClass == .decision ? .decision : .edit
            }
        }

        /// A shape of its own, so that no colour is needed.
        func shape(_ x: Double, _ y: Double) -> String {
            switch self {
            case .edit: "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"5\" fill=\"#1d3c34\"/>"
            case .review:
                "<rect x=\"\(x - 5)\" y=\"\(y - 5)\" width=\"10\" height=\"10\" fill=\"#ffffff\" stroke=\"#1d3c34\" stroke-width=\"2\"/>"
            case .decision:
                "<path d=\"M\(x) \(y - 7)L\(x + 7) \(y)L\(x) \(y + 7)L\(x - 7) \(y)Z\" fill=\"#1d3c34\"/>"
            case .transfer:
                "<path d=\"M\(x - 6) \(y + 5)L\(x) \(y - 7)L\(x + 6) \(y + 5)Z\" fill=\"#ffffff\" stroke=\"#1d3c34\" stroke-width=\"2\"/>"
            }
        }
    }

    /// What was done, by site and time: a row for each site. All pictures are as wide as a telephone, so
    /// that nothing of them is out of sight there.
    static func timeline(_ moments: [ChangesView.Moment], zone: TimeZone) -> String {
        let times = moments.map(\.provenance.recorded.milliseconds)
        guard let first = times.min(), let last = times.max() else { return "" }
        var sites: [String] = []
        for moment in moments.reversed() where !sites.contains(moment.provenance.siteName) {
            sites.append(moment.provenance.siteName)
        }
        let (left, length, rowHeight) = (10.0, 340.0, 52.0)
        let span = Double(max(last - first, 1))
        var body = ""
        for (row, site) in sites.enumerated() {
            let top = Double(row) * rowHeight
            let y = top + 32
            body += "<text x=\"0\" y=\"\(top + 14)\" font-size=\"14\">\(short(site, 44))</text>"
            body +=
                "<line x1=\"\(left)\" y1=\"\(y)\" x2=\"\(left + length)\" y2=\"\(y)\" stroke=\"#8a938f\"/>"
            for moment in moments where moment.provenance.siteName == site {
                let offset = Double(moment.provenance.recorded.milliseconds - first) / span
                body += Mark(moment).shape((left + offset * length).rounded(), y)
            }
        }
        let axis = 8 + Double(sites.count) * rowHeight
        func day(_ milliseconds: Int64) -> String {
            String(Instant(milliseconds: milliseconds).formatted(in: zone).prefix(10))
        }
        body += "<text x=\"0\" y=\"\(axis)\" font-size=\"13\">\(day(first))</text>"
        if day(first) != day(last) {
            body +=
                "<text x=\"360\" y=\"\(axis)\" font-size=\"13\" text-anchor=\"end\">\(day(last))</text>"
        }
        for (row, mark) in Mark.allCases.enumerated() {
            let y = axis + 24 + Double(row) * 22
            body += mark.shape(10, y)
            body += "<text x=\"26\" y=\"\(y + 5)\" font-size=\"13\">\(mark.rawValue)</text>"
        }
        let words = Mark.allCases.map { mark in
            "\(moments.filter { Mark($0) == mark }.count) \(mark.rawValue)"
        }.joined(separator: ", ")
        return svg(
            "What was done from \(day(first)) to \(day(last)): \(words), by \(sites.count) site\(sites.count == 1 ? "" : "s"). The list below says it in words.",
            360, axis + 24 + Double(Mark.allCases.count) * 22, body)
    }

    private static func svg(
        _ words: String, _ width: Double, _ height: Double, _ body: String
    ) -> String {
        "<svg role=\"img\" aria-label=\"\(safe(words))\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" "
            + "xmlns=\"http://www.w3.org/2000/svg\" font-family=\"inherit\" fill=\"#17211d\">\(body)</svg>"
    }

    // MARK: Hospital contacts

    /// Contacts with a hospital a month, the newest first: filled ones took place, open ones were avoided.
    static func months(_ months: HospitalMonths) -> String {
        let most = max(4, months.rows.map { $0.other + $0.avoided }.max() ?? 0)
        let (left, rowHeight) = (66.0, 22.0)
        let unit = (360 - left - 30) / Double(most)
        var body = ""
        for (row, month) in months.rows.reversed().enumerated() {
            let y = 4 + Double(row) * rowHeight
            let (full, open) = (Double(month.other) * unit, Double(month.avoided) * unit)
            body += "<text x=\"0\" y=\"\(y + 12)\" font-size=\"13\">\(safe(month.label))</text>"
            if month.other > 0 {
                body +=
                    "<rect x=\"\(left)\" y=\"\(y)\" width=\"\(full)\" height=\"14\" fill=\"#1d3c34\" stroke=\"#1d3c34\" stroke-width=\"2\"/>"
            }
            if month.avoided > 0 {
                body +=
                    "<rect x=\"\(left + full)\" y=\"\(y)\" width=\"\(open)\" height=\"14\" fill=\"#ffffff\" stroke=\"#1d3c34\" stroke-width=\"2\"/>"
            }
            body +=
                "<text x=\"\(left + full + open + 8)\" y=\"\(y + 12)\" font-size=\"13\">\(month.other + month.avoided)</text>"
        }
        let height = 8 + Double(months.rows.count) * rowHeight
        body +=
            "<line x1=\"\(left)\" y1=\"0\" x2=\"\(left)\" y2=\"\(height)\" stroke=\"#17211d\"/>"
        let total = months.rows.map(\.other).reduce(0, +)
        let avoided = months.rows.map(\.avoided).reduce(0, +)
        return svg(
            "Hospital contacts in the last twelve months: \(total) begun or completed, \(avoided) avoided. The table below has the numbers.",
            360, height, body)
    }

    // MARK: Partnership

    /// This site in the middle and its partners around it: a full line is up to date, a broken one is
    /// not, and none means that nothing has come.
    static func map(_ site: String, _ peers: [(name: String, level: String)]) -> String {
        guard !peers.isEmpty else { return "" }
        let rowHeight = 46.0
        let height = max(64, Double(peers.count) * rowHeight + 12)
        let middle = height / 2
        var body = ""
        for (number, peer) in peers.enumerated() {
            let y = middle + (Double(number) - Double(peers.count - 1) / 2) * rowHeight
            let dash = peer.level == "current" ? "" : " stroke-dasharray=\"7 6\""
            if peer.level != "never" {
                body +=
                    "<line x1=\"112\" y1=\"\(middle)\" x2=\"176\" y2=\"\(y)\" stroke=\"#1d3c34\" stroke-width=\"3\"\(dash)/>"
            }
            let word =
                switch peer.level {
                case "current": "up to date"
                case "late": "not up to date"
                default: "not heard from"
                }
            body +=
                "<circle cx=\"184\" cy=\"\(y)\" r=\"8\" fill=\"#ffffff\" stroke=\"#1d3c34\" stroke-width=\"3\"/>"
            body += "<text x=\"202\" y=\"\(y - 1)\" font-size=\"14\">\(short(peer.name, 20))</text>"
            body += "<text x=\"202\" y=\"\(y + 15)\" font-size=\"12\">\(word)</text>"
        }
        body +=
            "<rect x=\"0\" y=\"\(middle - 24)\" width=\"112\" height=\"48\" rx=\"8\" fill=\"#1d3c34\"/>"
        body +=
            "<text x=\"56\" y=\"\(middle + 5)\" font-size=\"14\" text-anchor=\"middle\" fill=\"#ffffff\">\(short(site, 14))</text>"
        let current = peers.filter { $0.level == "current" }.count
        return svg(
            "\(site) and its \(peers.count) partner\(peers.count == 1 ? "" : "s"), \(current) of them up to date. The list below says it in words.",
            360, height, body)
    }
}

/// Hospital contacts of the last twelve months.
struct HospitalMonths {
    struct Row {
        let label: String
        var other = 0
        var avoided = 0
    }

    private(set) var rows: [Row]

    init(_ contacts: [RecordView], until today: DateComponents) {
        let (year, month) = (today.year ?? 2000, today.month ?? 1)
        rows = (0..<12).reversed().map { back in
            let number = year * 12 + month - 1 - back
            let month = number % 12 + 1
            return Row(label: "\(number / 12)-\(month < 10 ? "0" : "")\(month)")
        }
        for contact in contacts {
            guard case .instant(let start)? = contact.field("start")?.candidates.first?.value,
                let row = rows.firstIndex(where: { start.rfc3339.hasPrefix($0.label) })
            else { continue }
            var isAvoided = false
            if case .code(let code)? = contact.field("stage")?.candidates.first?.value {
                isAvoided = code.code == "avoided" || code.display == "Avoided"
            }
            if isAvoided { rows[row].avoided += 1 } else { rows[row].other += 1 }
        }
    }
}
