import KithSimulator

/// What survives a loss of power of what was not synced, drawn from a seed.
package struct PowerLoss {
    /// How a disk treats its cache.
    enum Manner: CaseIterable {
        /// Everything of it is gone.
        case loses
        /// Everything of it is there: the end of a process, not of power.
        case keeps
        /// In every file and folder a first part of the changes is there, the last of them torn.
        case keepsOrder
        /// Any change may be there or not, and any sector of it.
        case keepsSome
    }

    /// What a disk writes at once, in bytes.
    static let sector = 512

    private var random: RandomSource

    package init(seed: UInt64) {
        random = RandomSource(seed: seed, purpose: "power loss")
    }

    /// What is on a disk after it.
    package mutating func image(of disk: Disk) -> DiskImage {
        // The two manners that draw something are where the faults are.
        let manner: Manner =
            switch random.number(below: 8) {
            case 0: .loses
            case 1: .keeps
            case 2, 3: .keepsOrder
            default: .keepsSome
            }
        return disk.image(
            content: { content(of: $0, manner) }, names: { names(in: $0, manner) })
    }

    /// After how many of so many events it comes.
    mutating func moment(upTo count: Int) -> Int { random.number(in: 0...count) }

    private mutating func names(
        in folder: Disk.Folder, _ manner: Manner
    ) -> [String: Disk.Node] {
        var names = folder.kept
        let changes: [Disk.NameChange] =
            switch manner {
            case .loses: []
            case .keeps: folder.changes
            case .keepsOrder:
                Array(folder.changes.prefix(random.number(in: 0...folder.changes.count)))
            case .keepsSome: folder.changes.filter { _ in random.number(below: 2) == 0 }
            }
        for (name, node) in changes.joined() { names[name] = node }
        return names
    }

    private mutating func content(of file: Disk.File, _ manner: Manner) -> [UInt8] {
        var content = file.kept
        switch manner {
        case .loses: break
        case .keeps: content = file.seen
        case .keepsOrder:
            let count = random.number(in: 0...file.changes.count)
            for change in file.changes.prefix(count) { change.apply(to: &content) }
            if count < file.changes.count { tear(file.changes[count], &content) }
        case .keepsSome:
            for change in file.changes { tear(change, &content) }
            // A file's length can be there without its bytes.
            if content.count < file.seen.count, random.number(below: 2) == 0 {
                content.resize(to: file.seen.count)
            }
        }
        return content
    }

    /// Does a part of a change: of a write, each sector is there, or not, or its beginning is.
    private mutating func tear(_ change: Disk.ContentChange, _ content: inout [UInt8]) {
        guard case .write(let offset, let bytes) = change else {
            if random.number(below: 2) == 0 { change.apply(to: &content) }
            return
        }
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, ((offset + start) / Self.sector + 1) * Self.sector - offset)
            switch random.number(below: 5) {
            case 0, 1: break
            case 2:
                content.put(
                    bytes[start..<start + random.number(in: 0...end - start)], at: offset + start)
            default: content.put(bytes[start..<end], at: offset + start)
            }
            start = end
        }
    }
}
