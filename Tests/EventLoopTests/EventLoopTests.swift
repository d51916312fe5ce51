import Testing

@testable import EventLoop

// Placeholder.
