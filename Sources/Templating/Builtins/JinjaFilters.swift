enum JinjaFilters { static let all: [Filter] = [] }
