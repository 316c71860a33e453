import CSimulatedDisk
import Synchronization

/// The disk of one installation: SQLite's own code writes to it, and what it did not have synced does
/// not outlast a loss of power.
final class SimulatedDisk {
    /// What becomes of that which was not synced.
    struct Loss {
        /// How the disk treats its cache.
        enum Manner: CaseIterable {
            /// All of it is gone.
            case loses
            /// All of it is there, as after the end of a process.
            case keeps
            /// A first part of the changes is there, the last of them torn.
            case keepsOrder
            /// Any change may be there or not, and any sector of it.
            case keepsSome

            fileprivate var code: simulated_disk_manner {
                switch self {
                case .loses: SIMULATED_DISK_LOSES
                case .keeps: SIMULATED_DISK_KEEPS
                case .keepsOrder: SIMULATED_DISK_KEEPS_ORDER
                case .keepsSome: SIMULATED_DISK_KEEPS_SOME
                }
            }
        }

        let manner: Manner
        /// What is torn is drawn from it.
        let seed: UInt64

        /// The end of a process.
        static let none = Loss(manner: .keeps, seed: 0)
    }

    /// What the disk says when it fails.
    enum Failure: CaseIterable {
        case inputOutput
        /// A write is short, and the disk is full.
        case full

        fileprivate var code: CInt {
            switch self {
            case .inputOutput: 10
            case .full: 13
            }
        }
    }

    private static let made = Mutex(0)

    /// Where SQLite finds its only database.
    let path: String

    /// Says that this process does nothing but one simulation, in one thread, before it begins.
    static func isAlone() {
        let code = simulated_disk_is_alone()
        precondition(code == 0, "SQLite was in use before the simulation: \(code)")
    }

    /// An empty disk.
    init() {
        let code = simulated_disk_register()
        precondition(code == 0, "SQLite does not take the simulated disk: \(code)")
        let number = Self.made.withLock { count in
            count += 1
            return count
        }
        path = "\(SIMULATED_DISK_ROOT)\(number).sqlite"
    }

    /// What a loss of power leaves of another disk, on which nothing works any more.
    convenience init(leftOf other: SimulatedDisk, _ loss: Loss) {
        self.init()
        simulated_disk_survive(other.path, path, loss.manner.code, loss.seed)
    }

    /// A copy of what is on another disk at a moment at which nobody writes.
    convenience init(copyOf other: SimulatedDisk) {
        self.init()
        simulated_disk_copy(other.path, path)
    }

    /// Frees its memory; nobody has it open.
    func discard() { simulated_disk_remove(path) }

    // MARK: Faults

    /// Lets the power go with the change or sync of that number, from 1.
    func losePower(at call: Int) { simulated_disk_stop_at(path, UInt64(call)) }

    /// Whether it has gone.
    var isStopped: Bool { simulated_disk_is_stopped(path) != 0 }

    /// Lets the change or sync of that number, from 1, fail, and all later ones too, where asked to.
    func fail(at call: Int, _ failure: Failure, isLasting: Bool) {
        simulated_disk_fail_at(path, UInt64(call), failure.code, isLasting ? 1 : 0)
    }

    /// Lets nothing fail from now on; gives how many calls have failed since the last time.
    @discardableResult
    func mend() -> Int { Int(simulated_disk_mend(path)) }
}
