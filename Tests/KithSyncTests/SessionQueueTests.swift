import KithSync
import Testing

@Suite struct SessionQueueTests {
    @Test func `no more sessions run at once than are allowed, and everybody has one`() {
        var queue = SessionQueue(peers: 10, limit: 3)
        var begun: [Int] = []
        var running: [Int] = []
        repeat {
            while let peer = queue.next() {
                begun.append(peer)
                running.append(peer)
            }
            #expect(running.count == queue.running && running.count <= 3)
            queue.ended(running.removeFirst(), isEqual: true, broughtNews: false)
        } while queue.running > 0
        #expect(begun == Array(0..<10))
        #expect(queue.next() == nil)
    }

    @Test func `a peer that never ends holds up nobody but itself`() {
        var queue = SessionQueue(peers: 50, limit: 2)
        #expect(queue.next() == 0)
        var met = 0
        while let peer = queue.next() {
            met += 1
            queue.ended(peer, isEqual: true, broughtNews: peer % 7 == 0)
            #expect(met <= 50 * SessionQueue.mostSessions)
        }
        #expect(met >= 49 && queue.running == 1)
    }

    @Test func `whoever was met before another one brought news is met again, and nobody else`() {
        var queue = SessionQueue(peers: 3, limit: 2)
        #expect(queue.next() == 0)
        #expect(queue.next() == 1)
        queue.ended(0, isEqual: true, broughtNews: false)
        queue.ended(1, isEqual: true, broughtNews: true)
        // The third begins after the news came, so that it hears of it the first time.
        #expect(queue.next() == 2)
        #expect(queue.next() == 0)
        queue.ended(2, isEqual: true, broughtNews: false)
        queue.ended(0, isEqual: true, broughtNews: false)
        #expect(queue.next() == nil)
    }

    @Test func `two that bring news beside each other are both met again`() {
        var queue = SessionQueue(peers: 2, limit: 2)
        #expect(queue.next() == 0)
        #expect(queue.next() == 1)
        queue.ended(0, isEqual: true, broughtNews: true)
        #expect(queue.next() == nil)
        queue.ended(1, isEqual: true, broughtNews: true)
        #expect(queue.next() == 0)
        #expect(queue.next() == 1)
    }

    @Test func `a peer that failed is left to its back-off, whatever comes`() {
        var queue = SessionQueue(peers: 2, limit: 1)
        #expect(queue.next() == 0)
        queue.ended(0, isEqual: false, broughtNews: false)
        #expect(queue.next() == 1)
        queue.ended(1, isEqual: true, broughtNews: true)
        #expect(queue.next() == nil)
    }

    @Test func `peers that bring news without end are met a bounded number of times`() {
        var queue = SessionQueue(peers: 4, limit: 4)
        var sessions = [0, 0, 0, 0]
        var running: [Int] = []
        repeat {
            while let peer = queue.next() {
                sessions[peer] += 1
                running.append(peer)
            }
            queue.ended(running.removeFirst(), isEqual: true, broughtNews: true)
        } while queue.running > 0
        #expect(sessions.allSatisfy { $0 <= SessionQueue.mostSessions })
    }
}
