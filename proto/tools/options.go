package main

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// option is one printed option: `name = value`.
type option struct {
	name, value string
	custom      bool
}

// Options that the printed text expresses otherwise.
var impliedOptions = map[protoreflect.FullName]bool{
	"google.protobuf.MessageOptions.map_entry": true,
}

// options returns the options of a descriptor in the order of their numbers.
func (p *printer) options(descriptor protoreflect.Descriptor) []option {
	message, err := resolvedOptions(descriptor, p.types)
	if err != nil {
		panic(err)
	}
	if unknown := message.GetUnknown(); len(unknown) > 0 {
		panic(fmt.Sprintf("%s has an option that no file of its imports defines", descriptor.FullName()))
	}
	var result []option
	for _, field := range setFields(message) {
		if impliedOptions[field.FullName()] {
			continue
		}
		name := string(field.Name())
		if field.IsExtension() {
			name = "(" + string(field.FullName()) + ")"
		}
		value := message.Get(field)
		if field.IsList() {
			for i := range value.List().Len() {
				result = append(result, p.chained(name, field, value.List().Get(i)))
			}
			continue
		}
		result = append(result, p.chained(name, field, value))
	}
	return result
}

// chained writes a message that has a single field as `name.field = value`.
func (p *printer) chained(name string, field protoreflect.FieldDescriptor, value protoreflect.Value) option {
	custom := field.IsExtension()
	for field.Message() != nil && !field.IsMap() {
		fields := setFields(value.Message())
		if len(fields) != 1 || fields[0].IsList() || fields[0].IsMap() || fields[0].IsExtension() {
			break
		}
		field = fields[0]
		name += "." + string(field.Name())
		value = value.Message().Get(field)
	}
	return option{name: name, value: p.scalar(field, value), custom: custom}
}

func setFields(message protoreflect.Message) []protoreflect.FieldDescriptor {
	var fields []protoreflect.FieldDescriptor
	message.Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		fields = append(fields, field)
		return true
	})
	sort.Slice(fields, func(i, j int) bool { return fields[i].Number() < fields[j].Number() })
	return fields
}

func bracketed(options []option) string {
	if len(options) == 0 {
		return ""
	}
	var parts []string
	for _, item := range options {
		parts = append(parts, item.name+" = "+item.value)
	}
	return " [" + strings.Join(parts, ", ") + "]"
}

// scalar writes one value (not a list) in the text format.
func (p *printer) scalar(field protoreflect.FieldDescriptor, value protoreflect.Value) string {
	switch field.Kind() {
	case protoreflect.EnumKind:
		name := field.Enum().Values().ByNumber(value.Enum())
		if name == nil {
			return fmt.Sprint(value.Enum())
		}
		return string(name.Name())
	case protoreflect.StringKind:
		return quoted(value.String())
	case protoreflect.BytesKind:
		return quoted(string(value.Bytes()))
	case protoreflect.MessageKind:
		return p.aggregate(value.Message())
	case protoreflect.GroupKind:
		panic(fmt.Sprintf("%s is a group, which is not supported", field.FullName()))
	case protoreflect.FloatKind:
		return strconv.FormatFloat(value.Float(), 'g', -1, 32)
	case protoreflect.DoubleKind:
		return strconv.FormatFloat(value.Float(), 'g', -1, 64)
	}
	return value.String()
}

func (p *printer) aggregate(message protoreflect.Message) string {
	var parts []string
	for _, field := range setFields(message) {
		name := string(field.Name())
		if field.IsExtension() {
			name = "[" + string(field.FullName()) + "]"
		}
		value := message.Get(field)
		switch {
		case field.IsMap():
			panic(fmt.Sprintf("%s is a map inside an option, which is not supported", field.FullName()))
		case field.IsList():
			var items []string
			for i := range value.List().Len() {
				items = append(items, p.scalar(field, value.List().Get(i)))
			}
			parts = append(parts, name+": ["+strings.Join(items, ", ")+"]")
		default:
			parts = append(parts, name+": "+p.scalar(field, value))
		}
	}
	if len(parts) == 0 {
		return "{}"
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// quoted writes a string literal; what is not printable ASCII becomes octal escapes of its bytes.
func quoted(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			out.WriteByte('\\')
			out.WriteByte(c)
		case c < 0x20 || c >= 0x7f:
			fmt.Fprintf(&out, "\\%03o", c)
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}
