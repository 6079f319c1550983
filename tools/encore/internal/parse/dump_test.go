package parse_test

import (
	"reflect"

	"encore.app/tools/encore/internal/app"
)

// plain turns the model into JSON data without cycles, empty values and positions.
func plain(a *app.App) any {
	d := dumper{seen: map[*app.Type]bool{}}
	return d.value(reflect.ValueOf(a), true)
}

type dumper struct{ seen map[*app.Type]bool }

// value converts v; whole asks for the content of a model object, which is given by name where another refers to it.
func (d *dumper) value(v reflect.Value, whole bool) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		switch x := v.Interface().(type) {
		case *app.Service:
			if !whole {
				return x.Name
			}
		case *app.Endpoint:
			if !whole {
				return x.Service.Name + "." + x.Name
			}
		case *app.Topic:
			if !whole {
				return x.Name
			}
		case *app.Type:
			return d.typ(x)
		}
		return d.value(v.Elem(), true)
	case reflect.Struct:
		object := map[string]any{}
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if f := v.Field(i); !f.IsZero() && name != "Pos" {
				object[name] = d.value(f, false)
			}
		}
		return object
	case reflect.Slice:
		list := []any{}
		for i := range v.Len() {
			list = append(list, d.value(v.Index(i), true))
		}
		return list
	}
	return v.Interface()
}

// typ writes simple types on one line and a named type once in full.
func (d *dumper) typ(t *app.Type) any {
	switch t.Kind {
	case app.Builtin, app.Special:
		return t.Name
	case app.Named:
		name := t.PkgName + "." + t.Name
		if d.seen[t] {
			return name
		}
		d.seen[t] = true
		object := map[string]any{"Named": name, "Underlying": d.typ(t.Underlying)}
		if t.Doc != "" {
			object["Doc"] = t.Doc
		}
		if len(t.Args) > 0 {
			object["Args"] = d.value(reflect.ValueOf(t.Args), true)
		}
		if len(t.Enum) > 0 {
			object["Enum"] = d.value(reflect.ValueOf(t.Enum), true)
		}
		return object
	case app.Map:
		return map[string]any{"MapKey": d.typ(t.Key), "Elem": d.typ(t.Elem)}
	case app.Struct:
		return map[string]any{"Fields": d.value(reflect.ValueOf(t.Fields), true)}
	}
	return map[string]any{string(t.Kind): d.typ(t.Elem)}
}
