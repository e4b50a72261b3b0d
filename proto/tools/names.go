package main

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// nameShortener writes type names as short as the scope rules of the proto language allow: a name is looked up from the
// innermost scope outwards, and the first scope that knows its first part decides.
type nameShortener struct {
	files    *protoregistry.Files
	packages map[protoreflect.FullName]bool
}

func newNameShortener(files *protoregistry.Files) *nameShortener {
	shortener := &nameShortener{files: files, packages: map[protoreflect.FullName]bool{}}
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for name := file.Package(); name != ""; name = name.Parent() {
			shortener.packages[name] = true
		}
		return true
	})
	return shortener
}

// shorten returns the name of a type as seen from a scope (a message, a service or a package).
func (s *nameShortener) shorten(target protoreflect.Descriptor, scope protoreflect.FullName) string {
	full := target.FullName()
	parts := strings.Split(strings.TrimPrefix(string(full), string(target.ParentFile().Package())+"."), ".")
	for i := len(parts) - 1; i >= 0; i-- {
		if candidate := strings.Join(parts[i:], "."); s.resolve(candidate, scope) == full {
			return candidate
		}
	}
	if s.resolve(string(full), scope) == full {
		return string(full)
	}
	return "." + string(full)
}

func (s *nameShortener) resolve(name string, scope protoreflect.FullName) protoreflect.FullName {
	first, _, _ := strings.Cut(name, ".")
	for {
		prefix := scope
		if prefix != "" {
			prefix += "."
		}
		if s.isScopeOrType(prefix + protoreflect.FullName(first)) {
			return prefix + protoreflect.FullName(name)
		}
		if scope == "" {
			return ""
		}
		scope = scope.Parent()
	}
}

// isScopeOrType is also true for fields and methods: a compiler may stop at these, so a name they hide is not used.
func (s *nameShortener) isScopeOrType(name protoreflect.FullName) bool {
	if s.packages[name] {
		return true
	}
	_, err := s.files.FindDescriptorByName(name)
	return err == nil
}
