/// What is to happen, by time; of what happens at one time, what was asked for first comes first.
struct EventQueue {
    typealias Action = () throws -> Void

    /// When something is to happen, and where in `actions` it is: the heap moves numbers alone.
    private struct Event {
        let time: Int64
        let number: Int
        let place: Int

        func isBefore(_ other: Event) -> Bool { (time, number) < (other.time, other.number) }
    }

    /// A binary heap with the next event first.
    private var heap: [Event] = []
    private var actions: [Action?] = []
    /// Places in `actions` that are free.
    private var free: [Int] = []
    private var count = 0

    var isEmpty: Bool { heap.isEmpty }
    var nextTime: Int64? { heap.first?.time }

    mutating func push(at time: Int64, _ action: @escaping Action) {
        count += 1
        let place = free.popLast() ?? actions.count
        if place == actions.count { actions.append(action) } else { actions[place] = action }
        heap.append(Event(time: time, number: count, place: place))
        var child = heap.count - 1
        while child > 0, heap[child].isBefore(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> (time: Int64, action: Action)? {
        guard let first = heap.first, let action = actions[first.place] else { return nil }
        actions[first.place] = nil
        free.append(first.place)
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].isBefore(heap[least]) { least = child }
            }
            if least == parent { break }
            heap.swapAt(least, parent)
            parent = least
        }
        return (first.time, action)
    }
}
