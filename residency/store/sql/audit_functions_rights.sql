REVOKE ALL ON FUNCTION
    public.audit_context(), public.audit_image(jsonb, jsonb, jsonb, text[]),
    public.audit_change_name(jsonb, jsonb, jsonb), public.audit_rows(), public.audit_refuse(),
    public.audit_link(bytea, bytea, text), public.audit_text(public.audit_pending, bigint, text),
    public.audit_chain(bytea, text), public.audit_seal(),
    public.audit_record(text, text, text, text, jsonb, jsonb)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.audit_record(text, text, text, text, jsonb, jsonb) TO residency_app;
