public import GRDB

/// Why the store cannot do what is asked: one line that says what to do.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// What kind of problem.
    public enum Code: String, Sendable {
        /// No space left.
        case full
        /// The database cannot be written.
        case readOnly
        /// The database is damaged.
        case damaged
        /// The database is of a newer version.
        case newer
        /// The file is not a Kith database.
        case foreign
        /// Something else that SQLite says.
        case other
    }

    /// What kind of problem.
    public let code: Code
    /// One line.
    public let description: String

    /// Names a problem.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// What an error of SQLite means to an operator.
    public init(_ error: DatabaseError) {
        switch error.resultCode {
        // That the index of the write-ahead log cannot grow is how a full disk shows when a home is opened.
        case .SQLITE_FULL,
            .SQLITE_IOERR where error.extendedResultCode == .SQLITE_IOERR_SHMSIZE:
            self.init(.full, "the disk is full; nothing was changed: free some space and try again")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH:
            self.init(
                .readOnly,
                "the database cannot be written; check that the home belongs to this user and is not read-only"
            )
        // As this a disk shows that became read-only while the home was open.
        case .SQLITE_IOERR
        where [
            .SQLITE_IOERR_WRITE, .SQLITE_IOERR_FSYNC, .SQLITE_IOERR_TRUNCATE,
            .SQLITE_IOERR_SHMMAP,
        ].contains(error.extendedResultCode):
            self.init(
                .readOnly,
                "the database cannot be written: the disk refuses it, as one that became read-only or fails; nothing was changed: check the disk, then try again"
            )
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            // SQLite says the same of pages that the disk cannot read (SQLITE_IOERR_CORRUPTFS).
            self.init(
                .damaged,
                "the database is damaged, or the disk cannot read it; check the disk, keep a copy of the home, then restore the last backup"
            )
        case .SQLITE_IOERR:
            self.init(
                .other,
                "the disk reports an error; nothing was changed: check the disk, then 'kith verify'"
            )
        case .SQLITE_NOMEM:
            self.init(
                .other,
                "there is too little memory; nothing was changed: end other programs, or allow this one more, and try again"
            )
        default:
            self.init(
                .other,
                "the database refuses (\(error.resultCode)); nothing was changed: try again, and if it refuses again, run 'kith doctor'"
            )
        }
    }
}
