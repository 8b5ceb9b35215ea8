{{- define "hubgauge.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Labels of an object, by its component: (dict "root" $ "component" "node"). */}}
{{- define "hubgauge.selector" -}}
app.kubernetes.io/name: hubgauge
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "hubgauge.labels" -}}
{{ include "hubgauge.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "hubgauge.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "hubgauge.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* The section `outputs.http`, with what the values add. */}}
{{- define "hubgauge.http" -}}
{{- $own := dict "listen" "0.0.0.0:9717" "users_file" "/run/secrets/hubgauge/users" "tls" (dict "cert_file" "/run/secrets/hubgauge/tls.crt" "key_file" "/run/secrets/hubgauge/tls.key") -}}
{{- toYaml (mergeOverwrite $own (deepCopy .)) -}}
{{- end }}
