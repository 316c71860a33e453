import Foundation
import KithModel
import KithSample
import KithSite

/// A plan's page of five hundred values in a home of eight years, against a page of the same markup whose
/// text is fixed: what is asked, read, noted and put into words for each request.
struct WebPage {
    let programs: Programs
    let scale: Scale

    private static let residents = 20
    private static let rounds = 3
    private static let pages = 40

    func run(_ tell: (String) -> Void) async throws -> [Measure] {
        tell("a home of eight years")
        let sample = SampleHome(
            residents: max(scale.of(Self.residents), 2), years: 8, seed: 1,
            end: Day(Instant(Date()), in: .current))
        let report = try await sample.make(at: programs.path("page"))
        let (resident, account) = try await programs.open("page") { site in
            let resident = try await LargePlan.write(at: site, in: SampleHome.partnership)
            return (resident, try await programs.account("anna", at: site))
        }
        let path = "/residents/\(resident)"
        var (real, fixed): ([Double], [Double]) = ([], [])
        var (work, fixedWork) = (0.0, 0.0)
        var cookies = ""
        var values = 0
        for round in 0..<Self.rounds {
            let daemon = try programs.daemon("page", withWeb: true)
            let reader = try await WebReader(daemon.web ?? "", number: round, cookies: cookies)
            if cookies.isEmpty {
                try await reader.signIn(account)
                cookies = reader.cookies
            }
            let (page, times, busy) = try await times(reader, path, of: daemon)
            work += busy
            await reader.close()
            try daemon.stop()
            real += times
            values = page.components(separatedBy: "<div class=\"value\">").count - 1
            let server = try programs.fixedPage("page", resident: resident, login: account.login)
            let other = try await WebReader(server.address, number: round)
            let (same, others, busyWith) = try await self.times(other, path, of: server)
            fixedWork += busyWith
            await other.close()
            try server.stop(isDaemon: false)
            fixed += others
            // The same but for the tokens of the forms.
            guard abs(page.utf8.count - same.utf8.count) < 2_000, values >= LargePlan.values else {
                throw BenchProblem(
                    "the pages differ: \(page.utf8.count) and \(same.utf8.count) bytes, \(values) values"
                )
            }
        }
        programs.remove("page")
        let (ours, baseline) = (Self.median(real), Self.median(fixed))
        let pages = Double(Self.rounds * Self.pages)
        return [
            Measure(
                "web-page", ours / baseline, atMost: 3,
                String(
                    format:
                        "%.1f ms for %d values over %d saves, %.1f ms with fixed text; %.1f and %.1f ms of a processor",
                    ours * 1000, values, report.saves, baseline * 1000, work / pages * 1000,
                    fixedWork / pages * 1000))
        ]
    }

    /// The page, how long it took each time, and what all of it took of a processor, in seconds.
    private func times(
        _ reader: WebReader, _ path: String, of server: Daemon
    ) async throws -> (page: String, times: [Double], work: Double) {
        var page = try await reader.read(path)
        var times: [Double] = []
        let before = try server.processorTime()
        for _ in 0..<Self.pages {
            let begun = ContinuousClock.now
            page = try await reader.read(path)
            times.append((ContinuousClock.now - begun) / .seconds(1))
        }
        return (page, times, try server.processorTime() - before)
    }

    static func median(_ times: [Double]) -> Double {
        times.isEmpty ? 0 : times.sorted()[times.count / 2]
    }
}
