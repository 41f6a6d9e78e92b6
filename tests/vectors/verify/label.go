package main

import (
	"fmt"
	"regexp"
)

const (
	clusterWide   = "sealedsecrets.bitnami.com/cluster-wide"
	namespaceWide = "sealedsecrets.bitnami.com/namespace-wide"

	namespaceLimit = 63
	nameLimit      = 253
)

var (
	namespacePattern = regexp.MustCompile(`\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z`)
	namePattern      = regexp.MustCompile(`\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z`)
)

// Place is the part of a SealedSecret's metadata that decides over the label.
type Place struct {
	Namespace   string            `json:"namespace"`
	Name        string            `json:"name"`
	Annotations map[string]string `json:"annotations"`
}

// Label returns the OAEP label of the values that stand there ("Label").
func (place Place) Label() ([]byte, error) {
	if place.Annotations[clusterWide] == "true" {
		return nil, nil
	}
	if len(place.Namespace) > namespaceLimit || !namespacePattern.MatchString(place.Namespace) {
		return nil, fmt.Errorf("%w: %q is no namespace", errIdentity, place.Namespace)
	}
	if place.Annotations[namespaceWide] == "true" {
		return []byte(place.Namespace), nil
	}
	if len(place.Name) > nameLimit || !namePattern.MatchString(place.Name) {
		return nil, fmt.Errorf("%w: %q is no name", errIdentity, place.Name)
	}
	return []byte(place.Namespace + "/" + place.Name), nil
}
