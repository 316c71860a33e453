import Foundation
import KithModel
import KithSite

/// The start of a site on what is left of its disk, and what must be so then.
package struct Recovery {
    /// The home.
    let home: String
    /// Where files that promises name are: by their paths from here.
    let root: String
    let promises: Promises
    /// What the other site holds, which it was told or has acknowledged.
    let told: LogFacts

    package init(home: String, root: String, promises: Promises, told: LogFacts) {
        self.home = home
        self.root = root
        self.promises = promises
        self.told = told
    }

    /// Starts it, has it write, and says what is not as it must be; nothing when all is well.
    package func problems() async -> [String] {
        do {
            guard let site = try await open() else { return [] }
            let problems: [String]
            do {
                problems = try await self.problems(of: site)
            } catch {
                await site.close()
                throw error
            }
            await site.close()
            return try problems + problemsOfFiles()
        } catch {
            return ["\(error)"]
        }
    }

    /// Opens the home; nil when nothing was promised of it and it says how to go on.
    private func open() async throws -> LocalSite? {
        do {
            return try await LocalSite.open(home: home)
        } catch let error as SiteError {
            guard promises.isMade else { return nil }
            // Until a restore has ended it may have to be begun again.
            guard let backup = promises.restoredFrom else { throw error }
            _ = try await LocalSite.restore(backup: root + "/" + backup, home: home)
            return try await LocalSite.open(home: home)
        }
    }

    private func problems(of site: LocalSite) async throws -> [String] {
        var problems = try await site.verify().problems
        problems += try await site.rebuild(checkOnly: true).differences
        let families = try await self.families(at: site)
        let lost = promises.families.subtracting(families).sorted()
        if !lost.isEmpty { problems.append("lost: \(lost.joined(separator: ", "))") }
        // What it writes next shows which numbers it goes on with.
        var written = 0
        for partnership in try await site.partnerships() {
            let edit = RecordEdit(
                target: .new(
                    kind: "resident", partnership: partnership.id.description, parent: nil),
                values: [.init("familyName", "Afterwards")])
            do {
                _ = try await site.save(
                    [edit], by: Author(user: "jdoe", name: "J Doe", role: "nurse"))
                written += 1
            } catch let error as SiteError where !partnership.isPrivate {
                // Where a join was cut short it is not a member yet.
                _ = error
            }
        }
        if written == 0 { problems.append("nothing can be written") }
        return problems
    }

    private func families(at site: LocalSite) async throws -> Set<String> {
        Set(
            try await site.records(RecordQuery(kind: "resident")).compactMap {
                $0.title.split(separator: ",").first.map(String.init)
            })
    }

    /// What is wrong with the files of a site that was closed again.
    private func problemsOfFiles() throws -> [String] {
        var problems: [String] = []
        let database = home + "/kith.sqlite"
        let facts = try LogFacts(database: database, checkingFile: true)
        if facts.integrity != ["ok"] { problems.append("SQLite: \(facts.integrity)") }
        guard let site = facts.site else { return problems + ["the database says of no site"] }
        let twice = facts.signedTwice(by: site, comparedWith: told)
        if !twice.isEmpty {
            problems.append("signed twice: \(twice.map(\.sequence).sorted())")
        }
        if promises.restoredFrom == nil {
            let gone = told.stated[site, default: []].subtracting(facts.hashes).count
            if gone > 0 { problems.append("\(gone) leaves are gone that it had stated to hold") }
        }
        for text in promises.erased where promises.restoredFrom == nil {
            for file in [database, database + "-wal"] {
                let bytes = FileManager.default.contents(atPath: file) ?? Data()
                if bytes.range(of: Data(text.utf8)) != nil {
                    problems.append(
                        "what was erased is still in \(file.split(separator: "/").last ?? "")")
                }
            }
        }
        return problems
    }
}
