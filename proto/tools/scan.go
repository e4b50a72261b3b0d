package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// collectDescriptors returns the file descriptors of all modules by their proto path. The bytes are taken from the source
// of the generated packages, so none of these has to be compiled.
func collectDescriptors(sources []source) (map[string]*descriptorpb.FileDescriptorProto, error) {
	found := map[string]*descriptorpb.FileDescriptorProto{}
	origin := map[string]string{}
	for _, module := range sources {
		directory, err := download(module)
		if err != nil {
			return nil, err
		}
		err = filepath.WalkDir(directory, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".pb.go") {
				return err
			}
			raw, err := rawDescriptorOf(file)
			if err != nil || raw == nil {
				return err
			}
			descriptor := &descriptorpb.FileDescriptorProto{}
			if err := proto.Unmarshal(raw, descriptor); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			name := descriptor.GetName()
			if earlier, ok := found[name]; ok && !proto.Equal(earlier, descriptor) {
				return fmt.Errorf("%s and %s define %s differently", origin[name], module.Path, name)
			}
			found[name], origin[name] = descriptor, module.Path
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// download brings the pinned module into the module cache (checked against the checksum database) and returns its folder.
func download(module source) (string, error) {
	command := exec.Command("go", "mod", "download", "-json", module.Path+"@"+module.Version)
	output, err := command.Output()
	var answer struct{ Dir, Error string }
	if parseErr := json.NewDecoder(bytes.NewReader(output)).Decode(&answer); parseErr != nil {
		return "", fmt.Errorf("go mod download %s: %w", module.Path, err)
	}
	if answer.Error != "" {
		return "", fmt.Errorf("go mod download %s: %s", module.Path, answer.Error)
	}
	return answer.Dir, err
}

// rawDescriptorOf returns the serialised descriptor that a file of protoc-gen-go holds in its variable
// `file_..._rawDesc`, or nil if the file has none (such as companions made by other generators).
func rawDescriptorOf(file string) ([]byte, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, declaration := range tree.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || (group.Tok != token.VAR && group.Tok != token.CONST) {
			continue
		}
		for _, spec := range group.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if !ok || len(value.Values) != 1 || !strings.HasSuffix(value.Names[0].Name, "_rawDesc") {
				continue
			}
			raw, err := evaluate(value.Values[0], nil)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			return raw, nil
		}
	}
	return nil, nil
}

// evaluate appends the bytes of a constant expression: a string, a sum of strings or a []byte literal.
func evaluate(expression ast.Expr, bytes []byte) ([]byte, error) {
	switch node := expression.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(node.Value)
		return append(bytes, text...), err
	case *ast.BinaryExpr:
		left, err := evaluate(node.X, bytes)
		if err != nil {
			return nil, err
		}
		return evaluate(node.Y, left)
	case *ast.CompositeLit:
		for _, element := range node.Elts {
			literal, ok := element.(*ast.BasicLit)
			if !ok {
				return nil, fmt.Errorf("unexpected %T in a byte list", element)
			}
			number, err := strconv.ParseUint(literal.Value, 0, 8)
			if err != nil {
				return nil, err
			}
			bytes = append(bytes, byte(number))
		}
		return bytes, nil
	}
	return nil, fmt.Errorf("unexpected %T in a descriptor", expression)
}
