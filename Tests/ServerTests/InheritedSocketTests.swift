import Glibc
import Testing

@testable import Server

@Suite("Sockets from the service manager")
struct InheritedSocketTests {
    @Test("one that listens is taken with its name and address, and not passed on")
    func taken() throws {
        try withTemporaryDirectory { directory in
            let listener = try UnixListener(path: directory + "/a.sock")
            defer { listener.close() }
            let sockets = try InheritedSocket.take(
                environment: ["LISTEN_PID": "7", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "http"], process: 7,
                first: listener.descriptor)
            #expect(sockets.map(\.name) == ["http"])
            #expect(sockets.map { "\(Endpoint.inherited($0))" } == [directory + "/a.sock"])
            #expect(fcntl(listener.descriptor, F_GETFD) & FD_CLOEXEC != 0)
        }
    }

    @Test(
        "what was passed to another process, or not at all, is not taken",
        arguments: [
            [:], ["LISTEN_PID": "8", "LISTEN_FDS": "1"], ["LISTEN_PID": "7"], ["LISTEN_PID": "7", "LISTEN_FDS": "x"],
        ])
    func others(environment: [String: String]) throws {
        #expect(try InheritedSocket.take(environment: environment, process: 7, first: 3).isEmpty)
    }

    @Test("one that does not listen is refused, and the remedy named")
    func notListening() throws {
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        #expect(throws: ServerError.notListening(name: "", descriptor: descriptor)) {
            try InheritedSocket.take(
                environment: ["LISTEN_PID": "7", "LISTEN_FDS": "1"], process: 7, first: descriptor)
        }
    }
}
