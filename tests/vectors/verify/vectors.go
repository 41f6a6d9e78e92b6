package main

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const knownVersion = 1

// Vectors is the file vectors.json ("Vectors").
type Vectors struct {
	Version int     `json:"version"`
	Keys    []Key   `json:"keys"`
	Labels  []Value `json:"labels"`
	Values  []Value `json:"values"`

	private map[string]*rsa.PrivateKey
}

// Key is one private key of the vectors.
type Key struct {
	ID   string `json:"id"`
	Size int    `json:"size"`
}

// Value is one case; those of labels have only the fields up to Label.
type Value struct {
	ID     string `json:"id"`
	Expect string `json:"expect"`
	Place
	Label      string   `json:"label"`
	Keys       []string `json:"keys"`
	Sealed     string   `json:"sealed"`
	Key        string   `json:"key"`
	Plaintext  HexBytes `json:"plaintext"`
	ContentKey HexBytes `json:"content_key"`
	Seed       HexBytes `json:"seed"`
	Exact      bool     `json:"exact"`
}

// HexBytes are bytes that are written in hexadecimal.
type HexBytes []byte

// UnmarshalText reads hexadecimal.
func (decoded *HexBytes) UnmarshalText(text []byte) (err error) {
	*decoded, err = hex.DecodeString(string(text))
	return err
}

// ReadVectors reads vectors.json and the keys it names.
func ReadVectors(folder string) (*Vectors, error) {
	data, err := os.ReadFile(filepath.Join(folder, "vectors.json"))
	if err != nil {
		return nil, err
	}
	vectors := &Vectors{private: map[string]*rsa.PrivateKey{}}
	if err := json.Unmarshal(data, vectors); err != nil {
		return nil, fmt.Errorf("vectors.json: %w", err)
	}
	if vectors.Version != knownVersion {
		return nil, fmt.Errorf("vectors.json has version %d, not %d", vectors.Version, knownVersion)
	}
	if len(vectors.Labels) == 0 || len(vectors.Values) == 0 {
		return nil, errors.New("vectors.json holds no labels or no values")
	}
	for _, key := range vectors.Keys {
		if err := vectors.readKey(folder, key); err != nil {
			return nil, fmt.Errorf("key %s: %w", key.ID, err)
		}
	}
	return vectors, nil
}

func (vectors *Vectors) readKey(folder string, key Key) error {
	text, err := os.ReadFile(filepath.Join(folder, "keys", key.ID+".pem"))
	if err != nil {
		return err
	}
	private, err := parseKey(text)
	if err == nil && private.Size() != key.Size {
		err = fmt.Errorf("has %d bytes, not %d", private.Size(), key.Size)
	}
	vectors.private[key.ID] = private
	return err
}

func parseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM")
	}
	return x509.ParsePKCS1PrivateKey(block.Bytes)
}

// Verify returns what is answered otherwise than the vectors say, a line for each.
func (vectors *Vectors) Verify() (faults []string) {
	check := func(kind string, value Value, err error) {
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s %s: %v", kind, value.ID, err))
		}
	}
	for _, label := range vectors.Labels {
		check("label", label, label.checkLabel())
	}
	for _, value := range vectors.Values {
		check("value", value, vectors.checkValue(value))
	}
	return faults
}

func (value Value) checkLabel() error {
	label, err := value.Place.Label()
	if err := value.checkAnswer(err); err != nil {
		return err
	}
	if string(label) != value.Label {
		return fmt.Errorf("the label is %q, not %q", label, value.Label)
	}
	return nil
}

// checkAnswer compares the class of what came, not its words.
func (value Value) checkAnswer(err error) error {
	class := "ok"
	for _, known := range []error{errIdentity, errEncoding, errFrame, errNoKey, errCorrupt} {
		if errors.Is(err, known) {
			class, err = known.Error(), nil
		}
	}
	if err != nil {
		return err
	}
	if class != value.Expect {
		return fmt.Errorf("%s, not %s", class, value.Expect)
	}
	return nil
}

func (vectors *Vectors) checkValue(value Value) error {
	keys, err := vectors.held(value.Keys)
	if err != nil {
		return err
	}
	opened, err := Open(value.Sealed, value.Place, keys)
	if err := value.checkAnswer(err); err != nil || value.Expect != "ok" {
		return err
	}
	if err := value.checkLabel(); err != nil {
		return err
	}
	if !opened.Key.Equal(vectors.private[value.Key]) {
		return errors.New("another key opens it")
	}
	if !bytes.Equal(opened.Plaintext, value.Plaintext) {
		return errors.New("another plaintext comes out")
	}
	if !bytes.Equal(opened.ContentKey, value.ContentKey) {
		return errors.New("another content key comes out")
	}
	return value.checkReplay(&opened.Key.PublicKey)
}

func (value Value) checkReplay(key *rsa.PublicKey) error {
	sealed, err := Replay(value.Plaintext, []byte(value.Label), value.ContentKey, value.Seed, key)
	if err != nil {
		return err
	}
	if (sealed == value.Sealed) != value.Exact {
		return fmt.Errorf("sealing it again gives the same text: %t, not %t", !value.Exact, value.Exact)
	}
	return nil
}

func (vectors *Vectors) held(names []string) (keys []*rsa.PrivateKey, err error) {
	for _, name := range names {
		key := vectors.private[name]
		if key == nil {
			return nil, fmt.Errorf("there is no key %q", name)
		}
		keys = append(keys, key)
	}
	return keys, nil
}
