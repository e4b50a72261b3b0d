// Command tools prints the pinned proto subset (see ../README.md) as .proto files without comments.
//
//	tools print PROTO_FOLDER OUTPUT_FOLDER    writes every root of PROTO_FOLDER/subset.txt, and all that the roots import
//	tools compare PROTO_FOLDER IMAGE          checks a buf image of the printed files against what they were printed from
//
// The file descriptors come out of the generated Go code in the modules that PROTO_FOLDER/sources.json pins.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	_ "google.golang.org/protobuf/types/known/anypb"
	_ "google.golang.org/protobuf/types/known/apipb"
	_ "google.golang.org/protobuf/types/known/durationpb"
	_ "google.golang.org/protobuf/types/known/emptypb"
	_ "google.golang.org/protobuf/types/known/fieldmaskpb"
	_ "google.golang.org/protobuf/types/known/sourcecontextpb"
	_ "google.golang.org/protobuf/types/known/structpb"
	_ "google.golang.org/protobuf/types/known/timestamppb"
	_ "google.golang.org/protobuf/types/known/typepb"
	_ "google.golang.org/protobuf/types/known/wrapperspb"
)

// Files of this prefix ship with buf and @bufbuild/protobuf and are taken from the tool's own registry.
const wellKnownPrefix = "google/protobuf/"

type source struct {
	Path    string `json:"path"`
	Version string `json:"version"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "proto/tools:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 3 || (arguments[0] != "print" && arguments[0] != "compare") {
		return fmt.Errorf("usage: tools print PROTO_FOLDER OUTPUT_FOLDER | tools compare PROTO_FOLDER IMAGE")
	}
	set, err := loadSubset(arguments[1])
	if err != nil {
		return err
	}
	if arguments[0] == "compare" {
		return set.compare(arguments[2])
	}
	return set.print(arguments[2])
}

// subset is what the pinned modules say about the roots and their imports.
type subset struct {
	protos []*descriptorpb.FileDescriptorProto // each file after its imports
	files  *protoregistry.Files
	types  *dynamicpb.Types
}

func loadSubset(folder string) (*subset, error) {
	sources, err := readSources(filepath.Join(folder, "sources.json"))
	if err != nil {
		return nil, err
	}
	available, err := collectDescriptors(sources)
	if err != nil {
		return nil, err
	}
	roots, err := readRoots(filepath.Join(folder, "subset.txt"), available)
	if err != nil {
		return nil, err
	}
	closure, err := closureOf(roots, available)
	if err != nil {
		return nil, err
	}
	files, err := protodesc.NewFiles(&descriptorpb.FileDescriptorSet{File: closure})
	if err != nil {
		return nil, err
	}
	return &subset{closure, files, dynamicpb.NewTypes(files)}, nil
}

// print writes the files of the subset, except the well-known ones, below a folder.
func (s *subset) print(folder string) error {
	count := 0
	for _, file := range s.protos {
		name := file.GetName()
		if strings.HasPrefix(name, wellKnownPrefix) {
			continue
		}
		descriptor, err := s.files.FindFileByPath(name)
		if err != nil {
			return err
		}
		text, err := printFile(descriptor, s.files, s.types)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		target := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, []byte(text), 0o644); err != nil {
			return err
		}
		count++
	}
	fmt.Printf("printed %d files\n", count)
	return nil
}

func readSources(file string) ([]source, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var parsed struct {
		Modules []source `json:"modules"`
	}
	if err := json.Unmarshal(text, &parsed); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return parsed.Modules, nil
}

// readRoots expands the globs of subset.txt against the available files; a line that matches nothing is an error.
func readRoots(file string, available map[string]*descriptorpb.FileDescriptorProto) ([]string, error) {
	handle, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer handle.Close()
	names := make([]string, 0, len(available))
	for name := range available {
		names = append(names, name)
	}
	sort.Strings(names)
	seen := map[string]bool{}
	var roots []string
	scanner := bufio.NewScanner(handle)
	for number := 1; scanner.Scan(); number++ {
		glob := strings.TrimSpace(scanner.Text())
		if glob == "" || strings.HasPrefix(glob, "#") {
			continue
		}
		matched := false
		for _, name := range names {
			ok, err := path.Match(glob, name)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, number, err)
			}
			if !ok {
				continue
			}
			matched = true
			if !seen[name] {
				seen[name] = true
				roots = append(roots, name)
			}
		}
		if !matched {
			return nil, fmt.Errorf("%s:%d: no file matches %s", file, number, glob)
		}
	}
	return roots, scanner.Err()
}

// closureOf returns the roots and all that they import, each file after its imports.
func closureOf(roots []string, available map[string]*descriptorpb.FileDescriptorProto) ([]*descriptorpb.FileDescriptorProto, error) {
	var closure []*descriptorpb.FileDescriptorProto
	done := map[string]bool{}
	var visit func(name, importer string) error
	visit = func(name, importer string) error {
		if done[name] {
			return nil
		}
		done[name] = true
		file, ok := available[name]
		if strings.HasPrefix(name, wellKnownPrefix) {
			known, err := protoregistry.GlobalFiles.FindFileByPath(name)
			if err != nil {
				return err
			}
			file, ok = protodesc.ToFileDescriptorProto(known), true
		}
		if !ok {
			return fmt.Errorf("%s imports %s, which no module of sources.json has", importer, name)
		}
		for _, dependency := range file.GetDependency() {
			if err := visit(dependency, name); err != nil {
				return err
			}
		}
		closure = append(closure, file)
		return nil
	}
	for _, root := range roots {
		if err := visit(root, "subset.txt"); err != nil {
			return nil, err
		}
	}
	return closure, nil
}

// resolvedOptions re-reads the options of a descriptor so that custom options of the subset become known extensions.
func resolvedOptions(descriptor protoreflect.Descriptor, types *dynamicpb.Types) (protoreflect.Message, error) {
	options := descriptor.Options()
	bytes, err := proto.Marshal(options)
	if err != nil {
		return nil, err
	}
	resolved := options.ProtoReflect().New()
	if err := (proto.UnmarshalOptions{Resolver: types}).Unmarshal(bytes, resolved.Interface()); err != nil {
		return nil, err
	}
	return resolved, nil
}
