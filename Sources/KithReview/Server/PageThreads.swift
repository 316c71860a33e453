import Foundation
import Glibc

/// The threads on which pages are made: a few of their own, on which they also read, since a page that
/// goes from one thread to another for each thing that it reads waits for a turn each time.
///
/// While a sync runs their turn comes after that of the rest of the program, so that fifty readers at once
/// do not hold it up.
final class PageThreads: TaskExecutor, @unchecked Sendable {
    // What changes is looked at and changed under the lock.
    private let condition = NSCondition()
    private var jobs: [UnownedJob] = []
    private var isStopped = false

    /// How much later the turn of pages comes while a sync runs, as `nice` counts: about a tenth of what
    /// another thread gets of a processor that both want, and all of one that nobody else wants.
    static let behindSync: Int32 = 10
    private let niceness: Int32

    /// Begins some threads; a niceness of 0 is that of the program.
    init(_ count: Int, niceness: Int32 = 0) {
        self.niceness = niceness
        for number in 1...count {
            let thread = Thread { [self] in work() }
            thread.name = niceness == 0 ? "kith page \(number)" : "kith later \(number)"
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.lock()
        let isLate = isStopped
        if !isLate { jobs.append(job) }
        condition.signal()
        condition.unlock()
        // What still has to end after the server has, ends where it is.
        if isLate { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    /// Lets the threads end once nothing waits any more.
    func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
    }

    private func work() {
        // On Linux this is of the calling thread alone. Where it is refused, pages take their turn as all
        // else does.
        if niceness != 0 { _ = setpriority(Int32(PRIO_PROCESS.rawValue), 0, niceness) }
        while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func next() -> UnownedJob? {
        condition.lock()
        defer { condition.unlock() }
        while jobs.isEmpty {
            guard !isStopped else { return nil }
            condition.wait()
        }
        return jobs.removeFirst()
    }
}
