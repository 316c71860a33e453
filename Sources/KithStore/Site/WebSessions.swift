public import Foundation
import GRDB
public import KithModel

/// A browser that is signed in.
public struct StoredWebSession: Sendable {
    /// Whose.
    public let account: StoredAccount
    /// When it began.
    public let begun: Instant
    /// When it was last used, to the minute.
    public let used: Instant
    /// When password and code were last given.
    public let proved: Instant
}

extension StoreTransaction {
    /// Begins a session.
    public func beginSession(_ hash: Data, account: Int64, now: Instant) throws {
        try execute(
            """
            INSERT INTO web_session (hash, account, begun_ms, used_ms, proved_ms)
            VALUES (?, ?, ?, ?, ?)
            """,
            [hash, account, now.milliseconds, now.milliseconds, now.milliseconds])
    }

    /// The session of a token's hash.
    public func session(_ hash: Data) throws -> StoredWebSession? {
        try row(
            """
            SELECT account.*, begun_ms, used_ms, proved_ms
            FROM web_session JOIN account ON account.id = web_session.account WHERE hash = ?
            """, [hash]
        ).map {
            StoredWebSession(
                account: Self.account($0), begun: Instant(milliseconds: $0["begun_ms"]),
                used: Instant(milliseconds: $0["used_ms"]),
                proved: Instant(milliseconds: $0["proved_ms"]))
        }
    }

    /// Notes that a session is in use.
    public func useSession(_ hash: Data, now: Instant) throws {
        try execute(
            "UPDATE web_session SET used_ms = ? WHERE hash = ?", [now.milliseconds, hash])
    }

    /// Notes that whoever uses a session gave password and code again; it goes on under a new token, and
    /// the old one is worth nothing from then on.
    public func renewSession(_ old: Data, as new: Data, now: Instant) throws {
        try execute(
            "UPDATE web_session SET hash = ?, proved_ms = ?, used_ms = ? WHERE hash = ?",
            [new, now.milliseconds, now.milliseconds, old])
    }

    /// Ends a session.
    public func endSession(_ hash: Data) throws {
        try execute("DELETE FROM web_session WHERE hash = ?", [hash])
    }

    /// Ends every session of an account.
    public func endSessions(of account: Int64) throws {
        try execute("DELETE FROM web_session WHERE account = ?", [account])
    }

    /// Ends every session of an account but one.
    public func endSessions(of account: Int64, besides hash: Data) throws {
        try execute("DELETE FROM web_session WHERE account = ? AND hash <> ?", [account, hash])
    }

    /// Every session of an account with the hash of its token, the one that was used last first.
    public func sessions(
        of account: Int64
    ) throws -> [(hash: Data, begun: Instant, used: Instant)] {
        try rows(
            """
            SELECT hash, begun_ms, used_ms FROM web_session WHERE account = ?
            ORDER BY used_ms DESC, hash
            """, [account]
        ).map {
            (
                $0["hash"], Instant(milliseconds: $0["begun_ms"]),
                Instant(milliseconds: $0["used_ms"])
            )
        }
    }

    /// Forgets sessions that began or were used before a moment.
    public func forgetSessions(begunBefore begun: Instant, usedBefore used: Instant) throws {
        try execute(
            "DELETE FROM web_session WHERE begun_ms < ? OR used_ms < ?",
            [begun.milliseconds, used.milliseconds])
    }

    // MARK: Browsers that are known

    /// Notes that an account was signed in to from a browser; keeps the newest so many.
    public func noteDevice(_ hash: Data, account: Int64, now: Instant, keeping: Int) throws {
        try execute(
            """
            INSERT INTO web_device (hash, account, used_ms) VALUES (?, ?, ?)
            ON CONFLICT (hash) DO UPDATE SET account = excluded.account, used_ms = excluded.used_ms
            """, [hash, account, now.milliseconds])
        try execute(
            """
            DELETE FROM web_device WHERE account = ?1 AND hash NOT IN
                (SELECT hash FROM web_device WHERE account = ?1 ORDER BY used_ms DESC LIMIT ?2)
            """, [account, keeping])
    }

    /// Whether an account was signed in to from a browser.
    public func isKnownDevice(_ hash: Data, account: Int64) throws -> Bool {
        try number(
            "SELECT 1 FROM web_device WHERE hash = ? AND account = ?", [hash, account]) != nil
    }

    // MARK: Up to where somebody has read

    /// Notes that somebody has read what belongs to a record up to an arrival.
    public func setReadingMark(
        _ version: Int64, record: RecordID, account: Int64, now: Instant
    ) throws {
        try execute(
            """
            INSERT INTO reading_mark (account, record, version, time_ms) VALUES (?, ?, ?, ?)
            ON CONFLICT (account, record) DO UPDATE
                SET version = max(version, excluded.version), time_ms = excluded.time_ms
            """, [account, record.blob, version, now.milliseconds])
    }

    /// Up to where somebody has read, by record.
    public func readingMarks(
        of account: Int64
    ) throws -> [RecordID: (version: Int64, time: Instant)] {
        var marks: [RecordID: (version: Int64, time: Instant)] = [:]
        for row in try rows(
            "SELECT record, version, time_ms FROM reading_mark WHERE account = ?", [account])
        {
            marks[try RecordID(blob: row["record"])] = (
                row["version"], Instant(milliseconds: row["time_ms"])
            )
        }
        return marks
    }
}
