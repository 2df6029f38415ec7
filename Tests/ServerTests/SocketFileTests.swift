import FoundationEssentials
import Glibc
import Testing

@testable import Server

@Suite("Socket files")
struct SocketFileTests {
    @Test("nothing at the path is fine")
    func nothing() throws {
        try withTemporaryDirectory { directory in
            try SocketFile(path: directory + "/a.sock").claim()
        }
    }

    @Test("a live socket is not stolen")
    func live() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.sock"
            let listener = try UnixListener(path: path)
            #expect(throws: ServerError.socketInUse(path: path)) { try SocketFile(path: path).claim() }
            #expect(FileManager.default.fileExists(atPath: path))
            listener.close()
        }
    }

    @Test("a live socket with a full backlog is not stolen either")
    func liveAndBusy() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.sock"
            let listener = try UnixListener(path: path, backlog: 0)
            let waiting = try TestClient(path: path)
            #expect(throws: ServerError.socketInUse(path: path)) { try SocketFile(path: path).claim() }
            waiting.close()
            listener.close()
        }
    }

    @Test("a stale socket is replaced")
    func stale() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.sock"
            try UnixListener(path: path).close()
            #expect(FileManager.default.fileExists(atPath: path))
            try SocketFile(path: path).claim()
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("what is not a socket is left alone")
    func notASocket() throws {
        withTemporaryDirectory { directory in
            let path = directory + "/a.sock"
            #expect(FileManager.default.createFile(atPath: path, contents: Data([1])))
            #expect(throws: ServerError.notASocket(path: path)) { try SocketFile(path: path).claim() }
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("a path that the system cannot hold is refused by its length")
    func tooLong() {
        let path = "/tmp/" + String(repeating: "x", count: 103)
        #expect(throws: ServerError.pathTooLong(path: path, greatestByteCount: 107)) {
            try SocketFile(path: path).claim()
        }
    }

    @Test("the file belongs to its group, and goes away with its owner but not with another's")
    func identity() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/a.sock"
            let file = SocketFile(path: path)
            let listener = try UnixListener(path: path)
            let identity = try file.bound()
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode.map { $0 & 0o777 } == 0o660)
            listener.close()
            // Somebody else's socket in the same place; its inode may only differ while ours exists.
            #expect(rename(path, path + ".old") == 0)
            let other = try UnixListener(path: path)
            file.remove(ifStill: identity)
            #expect(FileManager.default.fileExists(atPath: path))
            let othersIdentity = try file.bound()
            file.remove(ifStill: othersIdentity)
            #expect(!FileManager.default.fileExists(atPath: path))
            other.close()
        }
    }
}
