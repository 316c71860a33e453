import Foundation
public import KithModel
import KithSimulator
import KithSite
import KithStore
import Synchronization

/// A home that never was: years of records of one care home, as people would have written them.
///
/// What is written follows from the seed; keys, and with them ids of entries, do not. Records go
/// straight into the store, a month a transaction, each save as an entry of its own, so that the
/// log is that of a home that lived through the years.
///
/// Source of the volumes: a home of 40 beds makes 16 plan edits a day in reviews and 8 beside, 12
/// interactions, 0.1 transfers, holds 120 contacts and has a round a week; turnover is 45 % a year.
public struct SampleHome: Sendable {
    /// How many people live in it.
    public var residents: Int
    /// For how many years it has been written; parts of a year count.
    public var years: Double
    /// What the contents follow from.
    public var seed: UInt64
    /// How many routine fields are left with two values.
    public var routineConflicts: Int
    /// How many safety-critical fields are left with two values.
    public var criticalConflicts: Int
    /// The last day that is written.
    public var end: Day

    /// Describes a home.
    public init(
        residents: Int = 60, years: Double = 8, seed: UInt64 = 1, routineConflicts: Int = 0,
        criticalConflicts: Int = 0, end: Day
    ) {
        self.residents = residents
        self.years = years
        self.seed = seed
        self.routineConflicts = routineConflicts
        self.criticalConflicts = criticalConflicts
        self.end = end
    }

    /// The name of the partnership that the records are in.
    public static let partnership = "Elm House and Riverside Practice"

    /// What was made.
    public struct Report: Codable, Sendable {
        /// People who live in the home on the last day.
        public var residents: Int
        /// Records by kind.
        public var records: [String: Int]
        /// Saves, each an entry or two.
        public var saves: Int
        /// Operations in them.
        public var operations: Int
        /// Fields left with two values.
        public var conflicts: Int
    }

    /// Makes a site in a folder that does not exist yet and fills it; tells the days as they pass.
    public func make(
        at path: String, progress: @escaping @Sendable (_ day: Int, _ of: Int) -> Void = { _, _ in }
    ) async throws -> Report {
        let range = try checked()
        _ = try await LocalSite.initialise(
            home: path, name: "Elm House", kind: "nursing-home", ods: "VN1AB")
        let site = try await LocalSite.open(home: path)
        do {
            let report = try await fill(site, range, progress)
            await site.close()
            return report
        } catch {
            await site.close()
            throw error
        }
    }

    private func checked() throws -> ClosedRange<Int> {
        guard (2...2000).contains(residents), years > 0, years <= 50 else {
            throw SiteError(.invalid, "a sample has 2 to 2000 residents and up to 50 years")
        }
        // Each is in a field of its own; some rooms may be empty on the last day.
        guard (0...residents * 9).contains(routineConflicts),
            (0...residents * 6).contains(criticalConflicts)
        else {
            throw SiteError(
                .invalid,
                "so many residents have up to \(residents * 9) routine conflicts and \(residents * 6) safety-critical ones"
            )
        }
        return end.number - max(Int((years * 365.25).rounded()), 1) + 1...end.number
    }

    private func fill(
        _ site: LocalSite, _ range: ClosedRange<Int>, _ progress: @Sendable (Int, Int) -> Void
    ) async throws -> Report {
        let partnership = try await site.createPartnership(
            PartnershipDraft(
                name: Self.partnership, purpose: "Joint care plans of those who live here"))
        let home = Inhabited(
            SampleLife(self, in: partnership.id, from: Day(number: range.lowerBound)))
        var day = range.lowerBound
        while day <= range.upperBound {
            let last = min(day + 29, range.upperBound)
            let days = day...last
            try await site.bulk { transaction in
                try home.life.withLock { try $0.live(through: days, transaction) }
            }
            progress(last - range.lowerBound + 1, range.count)
            day = last + 1
        }
        try await site.bulk { transaction in
            try home.life.withLock { try $0.disagree(transaction) }
        }
        return home.life.withLock(\.report)
    }

    /// Holds the life in one place: the transactions run elsewhere, and it is too large to copy.
    private final class Inhabited: Sendable {
        let life: Mutex<SampleLife>

        init(_ life: SampleLife) { self.life = Mutex(life) }
    }
}
