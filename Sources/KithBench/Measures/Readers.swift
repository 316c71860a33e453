import Foundation
import KithModel
import KithSite
import Synchronization

/// Fifty people who read plans on the web page of a site while it takes in what its partner wrote,
/// against the same without them.
struct Readers {
    let programs: Programs
    let scale: Scale

    private static let readers = 50
    private static let entries = 100_000
    /// How long somebody looks at a page of five hundred values, seconds.
    private static let reading = 5.0
    /// With readers or without; the log grows, so that neither comes first.
    private static let rounds = [false, true, true, false]

    func run(_ tell: (String) -> Void) async throws -> [Measure] {
        let homes = try Neighbours(programs)
        let log = CarePlanLog(partnership: homes.partnership)
        let resident = try await homes.open("elm") {
            try await LargePlan.write(at: $0, in: homes.partnership.description)
        }
        let accounts = try await homes.open("oak") { site in
            var accounts: [Account] = []
            for number in 0..<Self.readers {
                accounts.append(try await programs.account("reader\(number)", at: site))
            }
            return accounts
        }
        let oak = try programs.daemon("oak", withWeb: true)
        var elm = try homes.startElm()
        _ = try homes.sync()
        let crowd = try await Crowd(
            accounts, at: oak.web ?? "", path: "/residents/\(resident)", pause: Self.reading)
        let count = scale.of(Self.entries)
        var rates: [Bool: [Double]] = [:]
        for (round, isRead) in Self.rounds.enumerated() {
            tell(isRead ? "with readers" : "without readers")
            try elm.stop()
            try await homes.open("elm") { try await log.write(count, to: $0, from: round * count) }
            elm = try homes.startElm()
            let session =
                isRead ? try await crowd.during { try homes.sync() } : try homes.sync()
            guard session.received >= count else {
                throw BenchProblem("\(session.received) entries came, not \(count)")
            }
            rates[isRead, default: []].append(
                Double(session.received) / Double(session.milliseconds) * 1000)
        }
        try elm.stop()
        try oak.stop()
        programs.remove("elm")
        programs.remove("oak")
        let (alone, read) = (Self.mean(rates[false] ?? []), Self.mean(rates[true] ?? []))
        return [
            Measure(
                "sync-with-readers", alone / read, atMost: 1.2,
                String(
                    format: "%.0f entries a second, %.0f with %d readers; %d pages, median %.0f ms",
                    alone, read, Self.readers, crowd.times.count,
                    WebPage.median(crowd.times) * 1000))
        ]
    }

    private static func mean(_ numbers: [Double]) -> Double {
        numbers.reduce(0, +) / Double(max(numbers.count, 1))
    }
}

/// People who are signed in and read one page after the other.
final class Crowd: Sendable {
    private let address: String
    private let cookies: [String]
    private let path: String
    private let pause: Double
    private let taken = Mutex<[Double]>([])

    /// Signs them in.
    init(_ accounts: [Account], at address: String, path: String, pause: Double) async throws {
        var cookies: [String] = []
        for (number, account) in accounts.enumerated() {
            let reader = try await WebReader(address, number: number)
            try await reader.signIn(account)
            cookies.append(reader.cookies)
            await reader.close()
        }
        (self.address, self.cookies, self.path, self.pause) = (address, cookies, path, pause)
    }

    /// How long each page took, in seconds.
    var times: [Double] { taken.withLock { $0 } }

    /// Does something while all of them read.
    func during<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        // They are there before it begins: a connection is not kept that nobody uses.
        var readers: [WebReader] = []
        for (number, cookies) in cookies.enumerated() {
            let reader = try await WebReader(address, number: number, cookies: cookies)
            _ = try await reader.read(path)
            readers.append(reader)
        }
        let result = try await during(body, readers)
        for reader in readers { await reader.close() }
        return result
    }

    private func during<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result, _ readers: [WebReader]
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            for (number, reader) in readers.enumerated() {
                let delay = pause * Double(number) / Double(readers.count)
                group.addTask {
                    try await self.read(reader, after: delay)
                    return nil
                }
            }
            group.addTask { try await Self.blocking(body) }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw BenchProblem("nobody read")
        }
    }

    /// Waits for a program on a thread of its own, so that the readers go on.
    private static func blocking<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Swift.Result { try body() })
            }
        }
    }

    private func read(_ reader: WebReader, after delay: Double) async throws {
        do {
            try await Task.sleep(for: .seconds(delay))
            while !Task.isCancelled {
                let begun = ContinuousClock.now
                _ = try await reader.read(path)
                let seconds = (ContinuousClock.now - begun) / .seconds(1)
                taken.withLock { $0.append(seconds) }
                try await Task.sleep(for: .seconds(max(pause - seconds, 0)))
            }
        } catch is CancellationError {}
    }
}
