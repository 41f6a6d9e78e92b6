// Verify is a second implementation of sealed values, written from docs/format.md and the standard
// library alone. The words in quotes in its comments are headings of that page.
//
//	verify FOLDER    holds itself to FOLDER/vectors.json and names what it answers otherwise
//	verify -tasks    opens and seals what standard input asks for (tasks.go)
//
// It exits with 0 when all answers are as written, with 1 when some are not, and with 2 when there
// is nothing to compare.
package main

import (
	"fmt"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(arguments []string) int {
	if len(arguments) != 1 {
		return fail("usage: verify FOLDER | verify -tasks")
	}
	if arguments[0] == "-tasks" {
		if err := AnswerTasks(os.Stdin, os.Stdout); err != nil {
			return fail(err)
		}
		return 0
	}
	vectors, err := ReadVectors(arguments[0])
	if err != nil {
		return fail(err)
	}
	faults := vectors.Verify()
	for _, fault := range faults {
		fmt.Println(fault)
	}
	fmt.Printf("%d labels and %d values, %d answered otherwise\n",
		len(vectors.Labels), len(vectors.Values), len(faults))
	return min(len(faults), 1)
}

func fail(reason any) int {
	fmt.Fprintln(os.Stderr, reason)
	return 2
}
