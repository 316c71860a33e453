import Foundation

/// A disk with a write cache, below one folder: what programs see of it, and what it has kept.
///
/// A file's content is kept when the file is synced, a name when its folder is: POSIX promises no more.
/// What else of the changes since then survives a loss of power is for `PowerLoss` to say.
package struct Disk: Sendable {
    enum Node: Hashable, Sendable {
        case file(Int)
        case folder(Int)
    }

    /// A change of a file's content.
    enum ContentChange: Sendable {
        case write(offset: Int, bytes: [UInt8])
        case resize(Int)

        /// Does it as a whole.
        func apply(to content: inout [UInt8]) {
            switch self {
            case .write(let offset, let bytes):
                content.put(bytes[...], at: offset)
            case .resize(let size):
                content.resize(to: size)
            }
        }
    }

    /// A change of the names in a folder, all of it at once: a rename takes one away and puts one.
    typealias NameChange = [(name: String, node: Node?)]

    struct File: Sendable {
        var kept: [UInt8] = []
        var seen: [UInt8] = []
        var changes: [ContentChange] = []
        /// Grows with every change.
        var version = 0
    }

    struct Folder: Sendable {
        var kept: [String: Node] = [:]
        var seen: [String: Node] = [:]
        var changes: [NameChange] = []
    }

    /// The folder that it is about; its own name is kept.
    package let root: String
    private(set) var files: [File] = []
    private(set) var folders: [Folder] = [Folder()]
    private var nodes: [UInt64: Node] = [:]

    /// A disk that has kept all of an image.
    package init(root: String, keeping image: DiskImage = DiskImage()) throws {
        self.root = root
        for (path, content) in image.entries.sorted(by: { $0.key < $1.key }) {
            let (parent, name) = try place(of: root + "/" + path)
            let node: Node
            if let content {
                node = .file(files.count)
                files.append(File(kept: content, seen: content))
            } else {
                node = .folder(folders.count)
                folders.append(Folder())
            }
            folders[parent].seen[name] = node
            folders[parent].kept[name] = node
        }
    }

    // MARK: Calls

    /// Does what a program did.
    package mutating func apply(_ event: DiskEvent) throws {
        switch event {
        case .opened(let path, let inode, let isNew):
            if isNew { try change(path, to: .file(files.count), appending: File()) }
            nodes[inode] = path == root ? .folder(0) : try node(at: path)
        case .madeFolder(let path, let inode):
            folders.append(Folder())
            try change([(path, .folder(folders.count - 1))])
            nodes[inode] = .folder(folders.count - 1)
        case .wrote(let inode, let offset, let bytes):
            try change(inode, .write(offset: offset, bytes: bytes))
        case .resized(let inode, let size):
            try change(inode, .resize(size))
        case .synced(let inode):
            switch nodes[inode] {
            case .file(let file):
                files[file].kept = files[file].seen
                files[file].changes = []
            case .folder(let folder):
                folders[folder].kept = folders[folder].seen
                folders[folder].changes = []
            case nil: throw TraceProblem("something was synced that was never opened")
            }
        case .renamed(let from, let to):
            let node = try node(at: from)
            try change([(from, nil), (to, node)])
        case .linked(let from, let to):
            let node = try node(at: from)
            try change([(to, node)])
        case .removed(let path):
            try change([(path, nil)])
        case .failed, .noted: break
        }
    }

    private mutating func change(
        _ path: String, to node: Node, appending file: File
    ) throws {
        files.append(file)
        try change([(path, node)])
    }

    private mutating func change(_ inode: UInt64, _ change: ContentChange) throws {
        guard case .file(let file) = nodes[inode] else {
            throw TraceProblem("something was written that was never opened")
        }
        change.apply(to: &files[file].seen)
        files[file].changes.append(change)
        files[file].version += 1
    }

    private mutating func change(_ names: [(path: String, node: Node?)]) throws {
        let places = try names.map { try place(of: $0.path) }
        guard let folder = places.first?.folder, places.allSatisfy({ $0.folder == folder }) else {
            throw TraceProblem("a rename from folder to folder is not modelled")
        }
        let change = zip(places, names).map { (name: $0.name, node: $1.node) }
        for (name, node) in change { folders[folder].seen[name] = node }
        folders[folder].changes.append(change)
    }

    private func place(of path: String) throws -> (folder: Int, name: String) {
        guard path.hasPrefix(root + "/") else {
            throw TraceProblem("\(path) is not below the root")
        }
        var names = path.dropFirst(root.count + 1).split(separator: "/").map(String.init)
        let name = names.removeLast()
        var folder = 0
        for step in names {
            guard case .folder(let next) = folders[folder].seen[step] else {
                throw TraceProblem("the trace has no folder \(step)")
            }
            folder = next
        }
        return (folder, name)
    }

    private func node(at path: String) throws -> Node {
        let (folder, name) = try place(of: path)
        guard let node = folders[folder].seen[name] else {
            throw TraceProblem("the trace has no file \(path)")
        }
        return node
    }

    // MARK: Looking

    /// What programs see, and what is left when only a process ends.
    package var seen: DiskImage {
        image(content: { $0.seen }, names: { $0.seen })
    }

    /// How often the content of a file at a path from the root was changed; nil when it is not there.
    package func version(of path: String) -> Int? {
        guard case .file(let file) = try? node(at: root + "/" + path) else { return nil }
        return files[file].version
    }

    /// What programs read in a file at a path from the root; nil when it is not there.
    package func content(of path: String) -> [UInt8]? {
        guard case .file(let file) = try? node(at: root + "/" + path) else { return nil }
        return files[file].seen
    }

    /// An image of every file and folder that the names lead to.
    func image(
        content: (File) -> [UInt8], names: (Folder) -> [String: Node]
    ) -> DiskImage {
        var image = DiskImage()
        var contents: [Int: [UInt8]] = [:]
        func look(into folder: Int, _ prefix: String) {
            // The order of the names decides the order of what is drawn.
            for (name, node) in names(folders[folder]).sorted(by: { $0.key < $1.key }) {
                switch node {
                case .folder(let next):
                    image.entries[prefix + name] = .some(nil)
                    look(into: next, prefix + name + "/")
                case .file(let file):
                    // A file with two names has one content.
                    let bytes = contents[file] ?? content(files[file])
                    contents[file] = bytes
                    image.entries[prefix + name] = bytes
                }
            }
        }
        look(into: 0, "")
        return image
    }
}

extension [UInt8] {
    /// Writes bytes at an offset, after zeros where it ends before that.
    mutating func put(_ bytes: ArraySlice<UInt8>, at offset: Int) {
        if count < offset + bytes.count { resize(to: offset + bytes.count) }
        replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    /// Cuts it off, or adds zeros.
    mutating func resize(to size: Int) {
        if size < count {
            removeLast(count - size)
        } else {
            append(contentsOf: repeatElement(0, count: size - count))
        }
    }
}
