import HTTP1
import Testing

@testable import CustomHandler

/// Tests that remembered paths lead to the same function as the router.
@Suite struct RecentPathsTests {
    private func find(_ method: HTTPMethod, _ path: String, in paths: RecentPaths) -> Int? {
        paths.find(method, path.utf8Span.span)
    }

    @Test func `a path is found under the method with which it was recorded`() {
        var paths = RecentPaths()
        paths.note(.get, "/api/hello".utf8Span.span, 3)
        #expect(find(.get, "/api/hello", in: paths) == 3)
        #expect(find(.head, "/api/hello", in: paths) == nil)
        #expect(find(.post, "/api/hello", in: paths) == nil)
        #expect(find(.get, "/api/hellO", in: paths) == nil)
        #expect(find(.get, "/api/hello/", in: paths) == nil)
    }

    @Test func `requests that may be payloads and long paths are not remembered`() {
        var paths = RecentPaths()
        let long = "/" + String(repeating: "a", count: 200)
        paths.note(.post, "/order".utf8Span.span, 1)
        paths.note(.get, long.utf8Span.span, 2)
        #expect(find(.post, "/order", in: paths) == nil)
        #expect(find(.get, long, in: paths) == nil)
    }

    @Test func `many paths never lead to each other's function`() {
        var paths = RecentPaths()
        for number in 0..<1000 {
            paths.note(.get, "/p\(number)".utf8Span.span, number)
            #expect(find(.get, "/p\(number)", in: paths) == number)
        }
        for number in 0..<1000 {
            let found = find(.get, "/p\(number)", in: paths)
            #expect(found == nil || found == number)
        }
    }
}
