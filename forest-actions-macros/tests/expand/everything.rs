// Recorded expansion, not compiled: see README.md beside this file.
// #[smart_action(collection = "customers", name = "Charge \"card\"", kind = "bulk", max_records = 50, endpoint = "forest/charge", http_method = "DELETE", description = "<b>Charges</b>", submit_button_label = "Charge", download = true, base_url = "https://api.example.com", redirect = "/done", form = Charge, load = hooks::prefill, change(amount = hooks::amount_changed, "stripe id" = <Hooks as Stripe>::changed), audit = "strict", unprotected, crate = crate::reexport)]

#[allow(clippy::unused_async)]
async fn charge(form: Alias) -> Result<Download, Error> {
    todo!()
}
#[allow(non_upper_case_globals)]
#[doc(hidden)]
static __smart_action_charge: crate::reexport::__private::ActionDescriptor = {
    use crate::reexport::__private as __fa;
    const __FA_ANSWER: __fa::Answer<Result<Download, Error>> = __fa::answer::<
        Result<Download, Error>,
        _,
    >();
    let __fa_form = __fa::form::<Charge>;
    __fa::ActionDescriptor::new(
            "customers",
            "Charge \"card\"",
            "forest/charge",
            __fa::Origin::new(
                ::core::env!("CARGO_PKG_NAME"),
                ::core::module_path!(),
                ::core::file!(),
                ::core::line!(),
            ),
            |__fa_call| __fa::invoke1(
                __fa_call,
                __fa::extract::<Alias, _>(),
                __FA_ANSWER,
                |__fa_a0| ::std::boxed::Box::pin(charge(__fa_a0)),
            ),
        )
        .http_method(__fa::HttpMethod::Delete)
        .description("<b>Charges</b>")
        .submit_button_label("Charge")
        .base_url("https://api.example.com")
        .redirect("/done")
        .download(true)
        .form(__fa_form)
        .load(|__fa_call| <__fa::HookOf<Charge>>::run(__fa_call, hooks::prefill))
        .change(
            &[
                (
                    "amount",
                    |__fa_call| <__fa::HookOf<
                        Charge,
                    >>::run(__fa_call, hooks::amount_changed),
                ),
                (
                    "stripe id",
                    |__fa_call| <__fa::HookOf<
                        Charge,
                    >>::run(__fa_call, <Hooks as Stripe>::changed),
                ),
            ],
        )
        .max_records(50u64)
        .audit(__fa::AuditMode::Strict)
        .arguments("charge", &["form: Alias"])
        .unprotected()
};
const _: () = {
    crate::reexport::__private::submit! {
        crate ::reexport::__private::Registered(& __smart_action_charge)
    }
};
const _: () = {
    #[allow(non_upper_case_globals)]
    #[deprecated(
        note = "Forest Admin has deprecated every HTTP method but POST for actions: leave it out"
    )]
    const http_method: () = ();
    http_method
};
