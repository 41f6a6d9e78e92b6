package main

import (
	"crypto/rsa"
	"encoding/json"
	"io"
)

// Task is one value to open, or to seal when Sealed is empty.
type Task struct {
	Place
	Key       string `json:"key"`       // the private key, PKCS#1 PEM
	Sealed    string `json:"sealed"`    // what to open
	Plaintext []byte `json:"plaintext"` // what to seal, in base64
}

// Answer is the sealed value or the plaintext, or why there is none.
type Answer struct {
	Sealed    string `json:"sealed"`
	Plaintext []byte `json:"plaintext"`
	Error     string `json:"error"`
}

// AnswerTasks reads a JSON list of tasks and writes a JSON list of answers.
func AnswerTasks(input io.Reader, output io.Writer) error {
	var tasks []Task
	if err := json.NewDecoder(input).Decode(&tasks); err != nil {
		return err
	}
	answers := make([]Answer, len(tasks))
	for i, task := range tasks {
		if err := task.answer(&answers[i]); err != nil {
			answers[i].Error = err.Error()
		}
	}
	return json.NewEncoder(output).Encode(answers)
}

func (task Task) answer(answer *Answer) error {
	key, err := parseKey([]byte(task.Key))
	if err != nil {
		return err
	}
	if task.Sealed == "" {
		answer.Sealed, err = Seal(task.Plaintext, task.Place, &key.PublicKey)
		return err
	}
	opened, err := Open(task.Sealed, task.Place, []*rsa.PrivateKey{key})
	if err == nil {
		answer.Plaintext = opened.Plaintext
	}
	return err
}
