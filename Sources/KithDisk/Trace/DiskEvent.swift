package import Foundation

/// One call of a program to its disk, as `CFaultyDisk` wrote it down.
package enum DiskEvent: Equatable, Sendable {
    /// A file or folder was opened.
    case opened(path: String, inode: UInt64, isNew: Bool)
    case madeFolder(path: String, inode: UInt64)
    case wrote(inode: UInt64, offset: Int, bytes: [UInt8])
    case resized(inode: UInt64, size: Int)
    /// The content of a file, or the names in a folder, were to be on disk when the call returned.
    case synced(inode: UInt64)
    case renamed(from: String, to: String)
    case linked(from: String, to: String)
    case removed(path: String)
    /// A call failed on purpose.
    case failed(call: String)
    /// Whoever runs the programs says what they have promised.
    case noted(Data)

    /// Whether a loss of power just after it can leave something else than one just before.
    package var isChange: Bool {
        switch self {
        case .wrote, .resized, .synced, .renamed, .linked, .removed, .madeFolder: true
        case .opened(_, _, let isNew): isNew
        case .failed, .noted: false
        }
    }

    /// The record of a note, to append to a trace.
    package static func record(ofNote note: Data) -> Data {
        var record = Data([10])
        record.append(contentsOf: [UInt8](repeating: 0, count: 16))
        withUnsafeBytes(of: UInt32(note.count).littleEndian) { record.append(contentsOf: $0) }
        record.append(contentsOf: [0, 0, 0, 0])
        return record + note
    }
}

/// A trace that cannot be read, or that says something of files it never named.
package struct TraceProblem: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension [DiskEvent] {
    /// Reads a trace; `faulty_disk.h` has its layout.
    package init(trace data: Data) throws {
        self = []
        let bytes = [UInt8](data)
        var position = 0
        func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
            defer { position += MemoryLayout<Number>.size }
            return bytes[position..<position + MemoryLayout<Number>.size].reversed()
                .reduce(0) { $0 << 8 | Number($1) }
        }
        func take(_ count: UInt32) -> ArraySlice<UInt8> {
            defer { position += Int(count) }
            return bytes[position..<position + Int(count)]
        }
        while position < bytes.count {
            guard bytes.count - position >= 25 else { throw TraceProblem("the trace is cut off") }
            let kind = number(UInt8.self)
            let inode = number(UInt64.self)
            let offset = Int(number(UInt64.self))
            let lengths = (number(UInt32.self), number(UInt32.self))
            guard bytes.count - position >= Int(lengths.0) + Int(lengths.1) else {
                throw TraceProblem("the trace is cut off")
            }
            let (first, second) = (take(lengths.0), take(lengths.1))
            var path: String { String(decoding: first, as: UTF8.self) }
            var to: String { String(decoding: second, as: UTF8.self) }
            switch kind {
            case 1: append(.opened(path: path, inode: inode, isNew: offset == 1))
            case 2: append(.madeFolder(path: path, inode: inode))
            case 3: append(.wrote(inode: inode, offset: offset, bytes: [UInt8](first)))
            case 4: append(.resized(inode: inode, size: offset))
            case 5: append(.synced(inode: inode))
            case 6: append(.renamed(from: path, to: to))
            case 7: append(.linked(from: path, to: to))
            case 8: append(.removed(path: path))
            case 9: append(.failed(call: path))
            case 10: append(.noted(Data(first)))
            default: throw TraceProblem("the trace has a record of kind \(kind)")
            }
        }
    }
}
