package main

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

type printer struct {
	text  strings.Builder
	depth int
	file  protoreflect.FileDescriptor
	names *nameShortener
	types *dynamicpb.Types
}

// printFile returns the text of one .proto file. Language options (go_package and the like) are left out, custom options
// are kept. Groups and editions are refused.
func printFile(file protoreflect.FileDescriptor, files *protoregistry.Files, types *dynamicpb.Types) (text string, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			text, err = "", fmt.Errorf("%v", problem)
		}
	}()
	if file.Syntax() != protoreflect.Proto2 && file.Syntax() != protoreflect.Proto3 {
		return "", fmt.Errorf("syntax %v is not supported", file.Syntax())
	}
	p := &printer{file: file, names: newNameShortener(files), types: types}
	p.line("syntax = %q;", file.Syntax().String())
	p.line("")
	p.line("package %s;", file.Package())
	p.imports()
	p.customFileOptions()
	for i := range file.Services().Len() {
		p.line("")
		p.service(file.Services().Get(i))
	}
	for i := range file.Messages().Len() {
		p.line("")
		p.message(file.Messages().Get(i))
	}
	for i := range file.Enums().Len() {
		p.line("")
		p.enum(file.Enums().Get(i))
	}
	if file.Extensions().Len() > 0 {
		p.line("")
		p.extensions(file.Extensions(), file.Package())
	}
	return p.text.String(), nil
}

func (p *printer) line(format string, arguments ...any) {
	if format != "" {
		p.text.WriteString(strings.Repeat("  ", p.depth))
		fmt.Fprintf(&p.text, format, arguments...)
	}
	p.text.WriteByte('\n')
}

func (p *printer) block(body func(), format string, arguments ...any) {
	p.line(format+" {", arguments...)
	p.depth++
	body()
	p.depth--
	p.line("}")
}

func (p *printer) imports() {
	var lines []string
	for i := range p.file.Imports().Len() {
		item := p.file.Imports().Get(i)
		kind := ""
		if item.IsPublic {
			kind = "public "
		}
		lines = append(lines, fmt.Sprintf("import %s%q;", kind, item.Path()))
	}
	sort.Strings(lines)
	if len(lines) > 0 {
		p.line("")
	}
	for _, line := range lines {
		p.line("%s", line)
	}
}

func (p *printer) customFileOptions() {
	var custom []option
	for _, item := range p.options(p.file) {
		if item.custom {
			custom = append(custom, item)
		}
	}
	if len(custom) > 0 {
		p.line("")
	}
	p.optionLines(custom)
}

func (p *printer) optionLines(options []option) {
	for _, item := range options {
		p.line("option %s = %s;", item.name, item.value)
	}
}

func (p *printer) service(service protoreflect.ServiceDescriptor) {
	p.block(func() {
		p.optionLines(p.options(service))
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			head := fmt.Sprintf("rpc %s(%s%s) returns (%s%s)", method.Name(),
				streamWord(method.IsStreamingClient()), p.names.shorten(method.Input(), service.FullName()),
				streamWord(method.IsStreamingServer()), p.names.shorten(method.Output(), service.FullName()))
			if options := p.options(method); len(options) > 0 {
				p.block(func() { p.optionLines(options) }, "%s", head)
			} else {
				p.line("%s;", head)
			}
		}
	}, "service %s", service.Name())
}

func streamWord(streaming bool) string {
	if streaming {
		return "stream "
	}
	return ""
}

func (p *printer) message(message protoreflect.MessageDescriptor) {
	p.block(func() {
		p.optionLines(p.options(message))
		for i := range message.Messages().Len() {
			if nested := message.Messages().Get(i); !nested.IsMapEntry() {
				p.message(nested)
			}
		}
		for i := range message.Enums().Len() {
			p.enum(message.Enums().Get(i))
		}
		p.reserved(message)
		printedOneofs := map[protoreflect.Name]bool{}
		for i := range message.Fields().Len() {
			field := message.Fields().Get(i)
			oneof := field.ContainingOneof()
			if oneof == nil || oneof.IsSynthetic() {
				p.field(field)
				continue
			}
			if printedOneofs[oneof.Name()] {
				continue
			}
			printedOneofs[oneof.Name()] = true
			p.block(func() {
				p.optionLines(p.options(oneof))
				for j := range oneof.Fields().Len() {
					p.field(oneof.Fields().Get(j))
				}
			}, "oneof %s", oneof.Name())
		}
		p.extensions(message.Extensions(), message.FullName())
	}, "message %s", message.Name())
}

// reserved prints the reserved numbers and names and the extension ranges of a message.
func (p *printer) reserved(message protoreflect.MessageDescriptor) {
	var ranges []string
	for i := range message.ReservedRanges().Len() {
		item := message.ReservedRanges().Get(i)
		ranges = append(ranges, rangeText(int64(item[0]), int64(item[1])-1, 1<<29-1))
	}
	p.reservedLines(ranges, message.ReservedNames())
	for i := range message.ExtensionRanges().Len() {
		item := message.ExtensionRanges().Get(i)
		p.line("extensions %s;", rangeText(int64(item[0]), int64(item[1])-1, 1<<29-1))
	}
}

func (p *printer) reservedLines(ranges []string, names protoreflect.Names) {
	if len(ranges) > 0 {
		p.line("reserved %s;", strings.Join(ranges, ", "))
	}
	var quoted []string
	for i := range names.Len() {
		quoted = append(quoted, strconv.Quote(string(names.Get(i))))
	}
	if len(quoted) > 0 {
		p.line("reserved %s;", strings.Join(quoted, ", "))
	}
}

func rangeText(first, last, limit int64) string {
	switch last {
	case first:
		return fmt.Sprint(first)
	case limit:
		return fmt.Sprintf("%d to max", first)
	}
	return fmt.Sprintf("%d to %d", first, last)
}

func (p *printer) enum(enum protoreflect.EnumDescriptor) {
	p.block(func() {
		p.optionLines(p.options(enum))
		var ranges []string
		for i := range enum.ReservedRanges().Len() {
			item := enum.ReservedRanges().Get(i)
			ranges = append(ranges, rangeText(int64(item[0]), int64(item[1]), 1<<31-1))
		}
		p.reservedLines(ranges, enum.ReservedNames())
		for i := range enum.Values().Len() {
			value := enum.Values().Get(i)
			p.line("%s = %d%s;", value.Name(), value.Number(), bracketed(p.options(value)))
		}
	}, "enum %s", enum.Name())
}

func (p *printer) field(field protoreflect.FieldDescriptor) {
	options := p.options(field)
	if field.HasJSONName() && !field.IsExtension() && field.JSONName() != defaultJSONName(string(field.Name())) {
		options = append(options, option{name: "json_name", value: strconv.Quote(field.JSONName())})
	}
	if field.HasDefault() {
		options = append(options, option{name: "default", value: p.scalar(field, field.Default())})
	}
	p.line("%s%s %s = %d%s;", p.label(field), p.typeName(field), field.Name(), field.Number(), bracketed(options))
}

func (p *printer) label(field protoreflect.FieldDescriptor) string {
	oneof := field.ContainingOneof()
	switch {
	case field.IsMap() || (oneof != nil && !oneof.IsSynthetic()):
		return ""
	case field.IsList():
		return "repeated "
	case field.Cardinality() == protoreflect.Required:
		return "required "
	case field.ParentFile().Syntax() == protoreflect.Proto2 || field.HasOptionalKeyword():
		return "optional "
	}
	return ""
}

func (p *printer) typeName(field protoreflect.FieldDescriptor) string {
	if field.IsMap() {
		return fmt.Sprintf("map<%s, %s>", p.typeName(field.MapKey()), p.typeName(field.MapValue()))
	}
	scope := field.Parent().FullName()
	if message, ok := field.Parent().(protoreflect.MessageDescriptor); ok && message.IsMapEntry() {
		scope = message.Parent().FullName()
	}
	switch field.Kind() {
	case protoreflect.GroupKind:
		panic(fmt.Sprintf("%s is a group, which is not supported", field.FullName()))
	case protoreflect.MessageKind:
		return p.names.shorten(field.Message(), scope)
	case protoreflect.EnumKind:
		return p.names.shorten(field.Enum(), scope)
	}
	return field.Kind().String()
}

// extensions prints `extend` blocks, one for each run of extensions of the same message.
func (p *printer) extensions(extensions protoreflect.ExtensionDescriptors, scope protoreflect.FullName) {
	for i := 0; i < extensions.Len(); {
		extendee := extensions.Get(i).ContainingMessage()
		p.block(func() {
			for ; i < extensions.Len() && extensions.Get(i).ContainingMessage() == extendee; i++ {
				p.field(extensions.Get(i))
			}
		}, "extend %s", p.names.shorten(extendee, scope))
	}
}

// defaultJSONName turns lower_snake_case into lowerCamelCase as the proto language does.
func defaultJSONName(name string) string {
	var out strings.Builder
	afterUnderscore := false
	for i := range len(name) {
		c := name[i]
		if afterUnderscore && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if afterUnderscore = c == '_'; !afterUnderscore {
			out.WriteByte(c)
		}
	}
	return out.String()
}
