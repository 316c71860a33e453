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

    /// What was done, by site and time: a row for each site.
    static func timeline(_ moments: [ChangesView.Moment], zone: TimeZone) -> String {
        let times = moments.map(\.provenance.recorded.milliseconds)
        guard let first = times.min(), let last = times.max() else { return "" }
        var sites: [String] = []
        for moment in moments.reversed() where !sites.contains(moment.provenance.siteName) {
            sites.append(moment.provenance.siteName)
        }
        let (left, width, rowHeight) = (170.0, 560.0, 44.0)
        let height = Double(sites.count) * rowHeight + 84
        let span = Double(max(last - first, 1))
        var body = ""
        for (row, site) in sites.enumerated() {
            let y = 24 + Double(row) * rowHeight
            body += "<text x=\"0\" y=\"\(y + 5)\" font-size=\"14\">\(short(site, 22))</text>"
            body +=
                "<line x1=\"\(left)\" y1=\"\(y)\" x2=\"\(left + width)\" y2=\"\(y)\" stroke=\"#8a938f\"/>"
            for moment in moments where moment.provenance.siteName == site {
                let offset = Double(moment.provenance.recorded.milliseconds - first) / span
                body += Mark(moment).shape((left + offset * width).rounded(), y)
            }
        }
        let axis = 24 + Double(sites.count) * rowHeight
        func day(_ milliseconds: Int64) -> String {
            String(Instant(milliseconds: milliseconds).formatted(in: zone).prefix(10))
        }
        body += "<text x=\"\(left)\" y=\"\(axis)\" font-size=\"13\">\(day(first))</text>"
        body +=
            "<text x=\"\(left + width)\" y=\"\(axis)\" font-size=\"13\" text-anchor=\"end\">\(day(last))</text>"
        var x = 0.0
        for mark in Mark.allCases {
            body += mark.shape(x + 8, axis + 30)
            body +=
                "<text x=\"\(x + 22)\" y=\"\(axis + 35)\" font-size=\"13\">\(mark.rawValue)</text>"
            x += 34 + Double(mark.rawValue.count) * 7.2
        }
        let words = Mark.allCases.map { mark in
            "\(moments.filter { Mark($0) == mark }.count) \(mark.rawValue)"
        }.joined(separator: ", ")
        return svg(
            "What was done from \(day(first)) to \(day(last)): \(words), by \(sites.count) site\(sites.count == 1 ? "" : "s"). The list below says it in words.",
            740, height, body)
    }

    private static func svg(
        _ words: String, _ width: Double, _ height: Double, _ body: String
    ) -> String {
        "<svg role=\"img\" aria-label=\"\(safe(words))\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" "
            + "xmlns=\"http://www.w3.org/2000/svg\" font-family=\"inherit\" fill=\"#17211d\">\(body)</svg>"
    }

    // MARK: Hospital contacts

    /// Contacts with a hospital a month: filled ones took place, open ones were avoided.
    static func months(_ months: HospitalMonths) -> String {
        let most = max(4, months.rows.map { $0.other + $0.avoided }.max() ?? 0)
        let (width, height) = (44.0, 120.0)
        let unit = height / Double(most)
        var body = ""
        for (column, row) in months.rows.enumerated() {
            let x = 30 + Double(column) * width
            let (full, open) = (Double(row.other) * unit, Double(row.avoided) * unit)
            body +=
                "<rect x=\"\(x)\" y=\"\(16 + height - full)\" width=\"28\" height=\"\(full)\" fill=\"#1d3c34\"/>"
            body +=
                "<rect x=\"\(x)\" y=\"\(16 + height - full - open)\" width=\"28\" height=\"\(open)\" fill=\"#ffffff\" stroke=\"#1d3c34\" stroke-width=\"2\"/>"
            body +=
                "<text x=\"\(x + 14)\" y=\"\(height + 34)\" font-size=\"11\" text-anchor=\"middle\">\(safe(String(row.label.suffix(5))))</text>"
        }
        body +=
            "<line x1=\"22\" y1=\"\(16 + height)\" x2=\"570\" y2=\"\(16 + height)\" stroke=\"#17211d\"/>"
        body += "<text x=\"0\" y=\"24\" font-size=\"12\">\(most)</text>"
        body += "<text x=\"0\" y=\"\(height + 20)\" font-size=\"12\">0</text>"
        let total = months.rows.map(\.other).reduce(0, +)
        let avoided = months.rows.map(\.avoided).reduce(0, +)
        return svg(
            "Hospital contacts in the last twelve months: \(total) begun or completed, \(avoided) avoided. The table below has the numbers.",
            580, height + 46, body)
    }

    // MARK: Partnership

    /// This site in the middle and its partners around it: a full line is up to date, a broken one is
    /// not, and none means that nothing has come.
    static func map(_ site: String, _ peers: [(name: String, level: String)]) -> String {
        guard !peers.isEmpty else { return "" }
        let (width, height) = (640.0, max(220.0, Double(peers.count) * 46 + 60))
        let (cx, cy) = (140.0, height / 2)
        var body = ""
        for (number, peer) in peers.enumerated() {
            let y =
                40 + (height - 80)
                * (peers.count == 1 ? 0.5 : Double(number) / Double(peers.count - 1))
            let dash = peer.level == "current" ? "" : " stroke-dasharray=\"7 6\""
            if peer.level != "never" {
                body +=
                    "<line x1=\"\(cx + 62)\" y1=\"\(cy)\" x2=\"430\" y2=\"\(y)\" stroke=\"#1d3c34\" stroke-width=\"3\"\(dash)/>"
            }
            let word =
                switch peer.level {
                case "current": "up to date"
                case "late": "not up to date"
                default: "not heard from"
                }
            body +=
                "<circle cx=\"438\" cy=\"\(y)\" r=\"8\" fill=\"#ffffff\" stroke=\"#1d3c34\" stroke-width=\"3\"/>"
            body += "<text x=\"456\" y=\"\(y - 2)\" font-size=\"14\">\(short(peer.name, 24))</text>"
            body += "<text x=\"456\" y=\"\(y + 15)\" font-size=\"12\">\(word)</text>"
        }
        body +=
            "<rect x=\"\(cx - 62)\" y=\"\(cy - 24)\" width=\"124\" height=\"48\" rx=\"8\" fill=\"#1d3c34\"/>"
        body +=
            "<text x=\"\(cx)\" y=\"\(cy + 5)\" font-size=\"14\" text-anchor=\"middle\" fill=\"#ffffff\">\(short(site, 15))</text>"
        let current = peers.filter { $0.level == "current" }.count
        return svg(
            "\(site) and its \(peers.count) partner\(peers.count == 1 ? "" : "s"), \(current) of them up to date. The list below says it in words.",
            width, height, body)
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
