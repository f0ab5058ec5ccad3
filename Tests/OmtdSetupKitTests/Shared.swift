@_exported import TestKit

/// The name that tests being written elsewhere still use.
typealias Scratch = ScratchFolder
