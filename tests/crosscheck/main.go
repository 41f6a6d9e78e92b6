// Crosscheck opens and seals values with Go's standard library alone, as docs/format.md describes
// them: a second implementation, in the language and with the primitives of the original.
//
// It reads a JSON list of tasks from standard input and writes a JSON list of answers.
package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
)

// Task is one value to open, or to seal when Sealed is empty.
type Task struct {
	Key       string // the private key, PKCS#1 PEM
	Label     string // the OAEP label
	Sealed    string // what to open
	Plaintext []byte // what to seal
}

// Answer is the plaintext or the sealed value, or why there is none.
type Answer struct {
	Sealed    string
	Plaintext []byte
	Error     string
}

const keySize = 32

func main() {
	var tasks []Task
	if err := json.NewDecoder(os.Stdin).Decode(&tasks); err != nil {
		panic(err)
	}
	answers := make([]Answer, len(tasks))
	for i, task := range tasks {
		answers[i] = run(task)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}

func run(task Task) (answer Answer) {
	block, _ := pem.Decode([]byte(task.Key))
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err == nil && task.Sealed != "" {
		answer.Plaintext, err = open(key, []byte(task.Label), task.Sealed)
	} else if err == nil {
		answer.Sealed, err = seal(&key.PublicKey, []byte(task.Label), task.Plaintext)
	}
	if err != nil {
		answer.Error = err.Error()
	}
	return answer
}

func open(key *rsa.PrivateKey, label []byte, text string) ([]byte, error) {
	blob, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	if len(blob) < 2 || len(blob) < 2+int(binary.BigEndian.Uint16(blob)) {
		return nil, errors.New("too short")
	}
	end := 2 + int(binary.BigEndian.Uint16(blob))
	contentKey, err := rsa.DecryptOAEP(sha256.New(), rand.Reader, key, blob[2:end], label)
	if err != nil {
		return nil, err
	}
	aead, err := gcm(contentKey)
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, make([]byte, aead.NonceSize()), blob[end:], nil)
}

func seal(key *rsa.PublicKey, label, plaintext []byte) (string, error) {
	contentKey := make([]byte, keySize)
	if _, err := rand.Read(contentKey); err != nil {
		return "", err
	}
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, key, contentKey, label)
	if err != nil {
		return "", err
	}
	aead, err := gcm(contentKey)
	if err != nil {
		return "", err
	}
	blob := append(binary.BigEndian.AppendUint16(nil, uint16(len(wrapped))), wrapped...)
	blob = aead.Seal(blob, make([]byte, aead.NonceSize()), plaintext, nil)
	return base64.StdEncoding.EncodeToString(blob), nil
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
