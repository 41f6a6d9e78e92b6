package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
)

const (
	lengthSize     = 2
	contentKeySize = 32
	tagSize        = 16
	otherFormat    = 0x80
)

// The classes of failure ("Opening").
var (
	errIdentity = errors.New("identity")
	errEncoding = errors.New("encoding")
	errFrame    = errors.New("frame")
	errNoKey    = errors.New("no-key")
	errCorrupt  = errors.New("corrupt")
)

// Opened is a value that opened.
type Opened struct {
	Plaintext  []byte
	ContentKey []byte
	Key        *rsa.PrivateKey
}

// Open decrypts one value; the steps are those of "Opening".
func Open(text string, place Place, keys []*rsa.PrivateKey) (*Opened, error) {
	label, err := place.Label() // 1
	if err != nil {
		return nil, err
	}
	blob, err := base64.StdEncoding.DecodeString(text) // 2
	if err != nil {
		return nil, errEncoding
	}
	wrapped, ciphertext, err := split(blob) // 3
	if err != nil {
		return nil, err
	}
	candidates := ofSize(keys, len(wrapped)) // 4
	if len(candidates) == 0 && len(keys) > 0 {
		return nil, errFrame
	}
	for _, key := range candidates { // 5
		contentKey, err := rsa.DecryptOAEP(sha256.New(), nil, key, wrapped, label)
		if err == nil {
			plaintext, err := decrypt(contentKey, ciphertext) // 6
			return &Opened{plaintext, contentKey, key}, err
		}
	}
	return nil, errNoKey
}

func split(blob []byte) (wrapped, ciphertext []byte, err error) {
	if len(blob) < lengthSize || blob[0] >= otherFormat {
		return nil, nil, errFrame
	}
	end := lengthSize + int(binary.BigEndian.Uint16(blob))
	if len(blob) < end+tagSize {
		return nil, nil, errFrame
	}
	return blob[lengthSize:end], blob[end:], nil
}

func ofSize(keys []*rsa.PrivateKey, size int) (chosen []*rsa.PrivateKey) {
	for _, key := range keys {
		if key.Size() == size {
			chosen = append(chosen, key)
		}
	}
	return chosen
}

func decrypt(contentKey, ciphertext []byte) ([]byte, error) {
	if len(contentKey) != contentKeySize {
		return nil, errCorrupt
	}
	aead, err := gcm(contentKey)
	if err != nil {
		return nil, err
	}
	plaintext, err := aead.Open(nil, make([]byte, aead.NonceSize()), ciphertext, nil)
	if err != nil {
		return nil, errCorrupt
	}
	return plaintext, nil
}

// Seal encrypts one value, as "Sealing" says from step 2 on.
func Seal(plaintext []byte, place Place, key *rsa.PublicKey) (string, error) {
	label, err := place.Label()
	if err != nil {
		return "", err
	}
	contentKey := make([]byte, contentKeySize)
	if _, err := rand.Read(contentKey); err != nil {
		return "", err
	}
	wrapped, err := rsa.EncryptOAEP(sha256.New(), rand.Reader, key, contentKey, label)
	if err != nil {
		return "", err
	}
	return assemble(wrapped, contentKey, plaintext)
}

// assemble does the last two steps of sealing, which have nothing random.
func assemble(wrapped, contentKey, plaintext []byte) (string, error) {
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
