package import KithModel

/// A site's wall clock, which may be wrong: a function of the true time.
package struct SimulatedClock: Sendable {
    /// When every run begins.
    package static let beginning = Instant(milliseconds: 1_767_571_200_000)
    package static let minute: Int64 = 60_000
    package static let hour: Int64 = 60 * minute
    package static let day: Int64 = 24 * hour

    /// What is wrong with a clock.
    package enum Error: Hashable, Sendable {
        /// It is so many milliseconds ahead; less than zero: behind.
        case offset(Int64)
        /// It has stood still at a moment.
        case standing(Int64)
    }

    /// What is wrong with it.
    package var error: Error = .offset(0)

    /// What it shows when the true time is so many milliseconds since 1970.
    package func reading(at time: Int64) -> Instant {
        switch error {
        case .offset(let offset): Instant(milliseconds: time + offset)
        case .standing(let moment): Instant(milliseconds: moment)
        }
    }
}
