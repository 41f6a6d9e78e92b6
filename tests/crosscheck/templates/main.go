// Templates renders templates with Go's text/template and the generic functions of Sprig, as the
// original does: the measure of sealer/templates.
//
// It reads a JSON list of tasks from standard input and writes a JSON list of answers.
package main

import (
	"encoding/json"
	"os"
	"sort"
	"strings"
	"text/template"
	"time"

	"github.com/Masterminds/sprig/v3"
)

// Task is a template, and the values that it sees.
type Task struct {
	Template string
	Context  map[string][]byte
}

// Answer is what comes out, or the class of the error and its message.
type Answer struct {
	Output  []byte
	Class   string
	Message string
}

func main() {
	time.Local = time.UTC
	var tasks []Task
	if err := json.NewDecoder(os.Stdin).Decode(&tasks); err != nil {
		panic(err)
	}
	functions := functions()
	answers := make([]Answer, len(tasks))
	for i, task := range tasks {
		answers[i] = render(task, functions)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}

// functions returns what templates may call; keys and values are sorted, as ours are.
func functions() template.FuncMap {
	functions := template.FuncMap(sprig.GenericFuncMap())
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(functions, name)
	}
	functions["keys"] = func(maps ...map[string]any) []string {
		all := []string{}
		for _, each := range maps {
			all = append(all, sorted(each)...)
		}
		return all
	}
	functions["values"] = func(values map[string]any) []any {
		all := []any{}
		for _, key := range sorted(values) {
			all = append(all, values[key])
		}
		return all
	}
	return functions
}

func sorted(values map[string]any) []string {
	keys := []string{}
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

func render(task Task, functions template.FuncMap) Answer {
	parsed, err := template.New("t").Funcs(functions).Parse(task.Template)
	if err != nil {
		return Answer{Class: "parse", Message: err.Error()}
	}
	context := map[string]string{}
	for key, value := range task.Context {
		context[key] = string(value)
	}
	var output strings.Builder
	if err := parsed.Execute(&output, context); err != nil {
		return Answer{Class: "exec", Message: err.Error()}
	}
	return Answer{Output: []byte(output.String())}
}
