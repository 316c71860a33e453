import Foundation
import GRDB
import KithModel
import KithProtocol
import KithStore

/// Members that hold the same entries of a compartment, and of `membership`, and had the same erased,
/// have byte-identical state: at any two sites, at any two times, whatever the order in which the entries came.
final class Convergence: Checker {
    private struct Key: Hashable {
        let id: CompartmentID
        let frontier: Data
        let membership: Data
        let erased: Set<PartID>
    }

    private unowned let simulation: Simulation
    private var states: [Key: (state: Data, site: String)] = [:]

    init(_ simulation: Simulation) {
        self.simulation = simulation
    }

    func surveyed() throws {
        // Without its keys a compartment is not the same.
        for standing in simulation.survey.changed where standing.unread == 0 {
            let site = standing.installation
            let reads = try simulation.read(at: site) { transaction in
                try standing.id.compartment == .membership
                    || transaction.wasEverHandedKeys(to: standing.id)
            }
            guard reads else { continue }
            let key = Key(
                id: standing.id, frontier: standing.frontier, membership: standing.membership,
                erased: standing.erased)
            if let known = states[key], known.state != standing.state {
                throw violation(
                    "\(site.name) and \(known.site) hold the same of \(standing.id.compartment.name) in \(standing.id.partnership.short), and differ in state"
                )
            }
            states[key] = (standing.state, site.name)
        }
    }
}

extension StoreTransaction {
    /// Whether the secret of any key of a compartment is here.
    func wasEverHandedKeys(to id: CompartmentID) throws -> Bool {
        try !all(
            """
            SELECT 1 FROM compartment_key JOIN partnership ON partnership.id = partnership
            WHERE uuid = ? AND compartment = ? AND secret IS NOT NULL LIMIT 1
            """, [Data(id.partnership.bytes), id.compartment.rawValue]
        ).isEmpty
    }
}
