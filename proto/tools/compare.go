package main

import (
	"fmt"
	"os"
	"sort"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// compare checks that a compiler makes of the printed files what the modules say, but for language options, comments and
// the order of imports.
func (s *subset) compare(imageFile string) error {
	bytes, err := os.ReadFile(imageFile)
	if err != nil {
		return err
	}
	image := &descriptorpb.FileDescriptorSet{}
	if err := proto.Unmarshal(bytes, image); err != nil {
		return fmt.Errorf("%s: %w", imageFile, err)
	}
	printed := map[string]*descriptorpb.FileDescriptorProto{}
	for _, file := range image.File {
		printed[file.GetName()] = file
	}
	count := 0
	for _, file := range s.protos {
		name := file.GetName()
		if strings.HasPrefix(name, wellKnownPrefix) {
			continue
		}
		if printed[name] == nil {
			return fmt.Errorf("%s is not in the image", name)
		}
		want, err := s.normalised(file)
		if err != nil {
			return err
		}
		got, err := s.normalised(printed[name])
		if err != nil {
			return err
		}
		if !proto.Equal(want, got) {
			return fmt.Errorf("%s differs from what it was printed from: %s", name, firstDifference(want, got))
		}
		delete(printed, name)
		count++
	}
	for name := range printed {
		if !strings.HasPrefix(name, wellKnownPrefix) {
			return fmt.Errorf("%s is in the image, but not in the subset", name)
		}
	}
	fmt.Printf("%d printed files say what they were printed from\n", count)
	return nil
}

// normalised returns a copy with all that printing may change in one form, and with custom options as known extensions.
func (s *subset) normalised(file *descriptorpb.FileDescriptorProto) (*descriptorpb.FileDescriptorProto, error) {
	bytes, err := proto.Marshal(file)
	if err != nil {
		return nil, err
	}
	result := &descriptorpb.FileDescriptorProto{}
	if err := (proto.UnmarshalOptions{Resolver: s.types}).Unmarshal(bytes, result); err != nil {
		return nil, err
	}
	result.SourceCodeInfo = nil
	// What a compiler adds (as buf does to its images) beside the descriptor itself.
	result.ProtoReflect().SetUnknown(nil)
	if result.GetSyntax() == "proto2" {
		result.Syntax = nil
	}
	public := map[string]bool{}
	for _, index := range result.PublicDependency {
		public[result.Dependency[index]] = true
	}
	sort.Strings(result.Dependency)
	result.PublicDependency = nil
	for index, name := range result.Dependency {
		if public[name] {
			result.PublicDependency = append(result.PublicDependency, int32(index))
		}
	}
	for _, message := range result.MessageType {
		sortMembers(message)
	}
	// protoc gives a method an empty option set for its `{}` body.
	for _, service := range result.Service {
		for _, method := range service.Method {
			if method.Options != nil && proto.Size(method.Options) == 0 {
				method.Options = nil
			}
		}
	}
	if options := result.GetOptions().ProtoReflect(); result.Options != nil {
		custom := 0
		for _, field := range setFields(options) {
			if field.IsExtension() {
				custom++
			} else {
				options.Clear(field)
			}
		}
		if custom == 0 {
			result.Options = nil
		}
	}
	return result, nil
}

// sortMembers puts fields and nested types in an order of their own: printing moves map entries and members of oneofs.
func sortMembers(message *descriptorpb.DescriptorProto) {
	sort.Slice(message.Field, func(i, j int) bool { return message.Field[i].GetNumber() < message.Field[j].GetNumber() })
	sort.Slice(message.NestedType, func(i, j int) bool { return message.NestedType[i].GetName() < message.NestedType[j].GetName() })
	for _, nested := range message.NestedType {
		sortMembers(nested)
	}
}

// firstDifference shows the first message that differs, or else the whole files.
func firstDifference(want, got *descriptorpb.FileDescriptorProto) string {
	for i, message := range want.MessageType {
		if i < len(got.MessageType) && !proto.Equal(message, got.MessageType[i]) {
			return fmt.Sprintf("\nwant %v\ngot  %v", message, got.MessageType[i])
		}
	}
	return fmt.Sprintf("\nwant %v\ngot  %v", want, got)
}
