// The same server with Go's standard library: the simplest honest handler, which checks what a client may get wrong and
// nothing else. usage: server PORT
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
)

type request struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  struct {
		Name      string `json:"name"`
		Arguments struct {
			A *int64 `json:"a"`
			B *int64 `json:"b"`
		} `json:"arguments"`
		Meta map[string]json.RawMessage `json:"_meta"`
	} `json:"params"`
}

type failure struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

type content struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type result struct {
	ResultType string         `json:"resultType"`
	Content    []content      `json:"content"`
	IsError    bool           `json:"isError,omitempty"`
	Meta       map[string]any `json:"_meta"`
}

type answer struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  *result         `json:"result,omitempty"`
	Error   *failure        `json:"error,omitempty"`
}

var meta = map[string]any{"io.modelcontextprotocol/serverInfo": map[string]string{"name": "add", "version": "1.0"}}

func handle(w http.ResponseWriter, r *http.Request) {
	if r.Method != "POST" {
		w.Header().Set("Allow", "POST")
		w.WriteHeader(405)
		return
	}
	var in request
	reply := answer{Version: "2.0"}
	status := 200
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<20)).Decode(&in); err != nil {
		status, reply.ID, reply.Error = 400, json.RawMessage("null"), &failure{-32700, "Parse error"}
	} else {
		reply.ID = in.ID
		switch {
		case in.Version != "2.0" || len(in.ID) == 0:
			status, reply.Error = 400, &failure{-32600, "Invalid request"}
		case r.Header.Get("MCP-Protocol-Version") != "2026-07-28" || r.Header.Get("Mcp-Method") != in.Method || r.Header.Get("Mcp-Name") != in.Params.Name:
			status, reply.Error = 400, &failure{-32020, "Header mismatch"}
		case in.Params.Meta["io.modelcontextprotocol/protocolVersion"] == nil || in.Params.Meta["io.modelcontextprotocol/clientCapabilities"] == nil:
			status, reply.Error = 400, &failure{-32602, "_meta required"}
		case in.Method != "tools/call":
			status, reply.Error = 404, &failure{-32601, "Method not found"}
		case in.Params.Name != "add":
			reply.Error = &failure{-32602, "Unknown tool"}
		case in.Params.Arguments.A == nil || in.Params.Arguments.B == nil:
			reply.Result = &result{"complete", []content{{"text", "Invalid arguments"}}, true, meta}
		default:
			text := fmt.Sprint(*in.Params.Arguments.A + *in.Params.Arguments.B)
			reply.Result = &result{"complete", []content{{"text", text}}, false, meta}
		}
	}
	body, _ := json.Marshal(reply)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body)
}

func main() {
	http.HandleFunc("/mcp", handle)
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
