package import KithProtocol
import SwiftProtobuf

extension Kith_V1_SessionMessage {
    /// Tells a peer that another session with it is running.
    package static var busy: Kith_V1_SessionMessage {
        .with {
            $0.close = .with {
                $0.reason = .busy
                $0.detail = "a session is running"
            }
        }
    }
}
