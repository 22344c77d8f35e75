// Sign-in: who are you? Name and password, a one-time link, or the code of the first start. Nothing of the park is here.
import { send, sentenceOf } from "./api.js";
import { dress, el } from "./dom.js";
import { createError, field, passwordField, whileBusy } from "./login-fields.js";
import { askSession, safeNext } from "./session.js";
import { chip } from "./shapes.js";

const REASONS = ["ended", "signed_out"];
const TOKEN = /^#token=(.+)$/;

/** What a one-time link carries; it leaves the address and the history at once. */
function takeToken() {
  const token = TOKEN.exec(location.hash)?.[1] ?? "";
  if (token) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

function signInForm(page) {
  const { t } = page.ui.words;
  const name = field(t("login.name"), { name: "name", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true });
  const password = passwordField(t("login.password"), { name: "password", autocomplete: "current-password", required: true }, t);
  const error = createError("login-error", page.ui);
  const button = el("button", { class: "btn go", type: "submit" }, t("login.sign_in"));
  const submit = async (event) => {
    event.preventDefault();
    error.clear();
    try {
      const session = await whileBusy(button, t("login.signing_in"), () =>
        send("session", { name: name.input.value.trim(), password: password.input.value }),
      );
      page.enter(session);
    } catch (refused) {
      password.input.value = "";
      password.input.focus();
      error.show(refused, [name.input, password.input], button);
    }
  };
  const park = page.session.oidc ? el("a", { class: "btn", href: `/api/v1/session/oidc${page.next ? `?${new URLSearchParams({ next: page.next })}` : ""}` }, t("login.oidc")) : null;
  return [
    "login.title",
    el("form", { onsubmit: submit, novalidate: true }, name.node, password.node, error.node, button, park),
    () => (name.input.value ? password : name).input.focus(),
  ];
}

class LoginPage {
  constructor(ui, address) {
    this.ui = ui;
    this.session = ui.session;
    this.next = safeNext(address.searchParams.get("next"));
    this.why = REASONS.find((reason) => reason === address.searchParams.get("why"));
    this.token = takeToken();
    this.form = signInForm;
    this.failure = null; // why a link does not sign in
  }

  /** Goes on to where the person wanted to be; nothing of this page stays. */
  enter(session, { offer = true } = {}) {
    if (offer && session.has_password === false) return this.show("login-password");
    return location.replace(this.next ?? session.home);
  }

  async start() {
    await Promise.all([dress("login"), this.ui.words.add("login")]);
    if (this.token) return this.signInByLink();
    if (this.session.state === "signed_in") return this.enter(this.session, { offer: false });
    return this.session.state === "setup" ? this.show("login-setup") : this.draw();
  }

  async signInByLink() {
    try {
      await send("session/token", { token: this.token });
      this.enter(await askSession());
    } catch (refused) {
      this.failure = refused;
      this.draw();
    }
  }

  /** Shows another form, from a module of its own. */
  async show(name) {
    const { form } = await import(`./${name}.js`);
    this.form = form;
    this.draw();
  }

  said() {
    const { t } = this.ui.words;
    if (this.failure) return el("p", { role: "alert" }, chip("bad", this.failure.status === 401 ? t("login.link_used") : sentenceOf(this.failure, this.ui.words), "p1 wrap"));
    return this.why ? el("p", { class: "q", role: "status" }, t(`login.${this.why}`)) : null;
  }

  draw() {
    const { ui } = this;
    const { t } = ui.words;
    const [heading, form, focus] = this.form(this);
    const choice = (text, act, lang = null) => el("button", { class: "link", type: "button", lang, onclick: act }, text);
    const theme = choice("", () => {
      ui.changeTheme();
      name();
    });
    const name = () => (theme.textContent = t(document.documentElement.dataset.theme === "dark" ? "theme.light" : "theme.dark"));
    name();
    const box = el(
      "div",
      { class: "login" },
      el("div", {}, el("p", { class: "q" }, t("login.gateway")), el("h1", { tabindex: -1 }, t(heading))),
      this.said(),
      form,
      el("p", { class: "s choices" }, choice(t("language.other"), ui.changeLanguage, ui.words.language === "zh" ? "en" : "zh-CN"), theme),
      location.protocol === "https:" ? el("p", { class: "s q right" }, el("b", {}, t("login.right")), " ", t("login.right_how")) : null,
    );
    ui.title(t(heading));
    ui.main.replaceChildren(box);
    focus();
  }

  /** The same in another language; what was typed stays. */
  async speak(words) {
    this.ui = { ...this.ui, words };
    await words.add("login");
    const typed = [...this.ui.main.querySelectorAll("input")].map(({ name, value }) => [name, value]);
    this.draw();
    for (const [name, value] of typed) this.ui.main.querySelector(`input[name="${name}"]`).value = value;
  }
}

/** The page for `/login`; `?next=` an address of this page, `?why=` a reason, `#token=` a one-time link. */
export function show(ui, address) {
  const page = new LoginPage(ui, address);
  page.start();
  return { speak: (words) => page.speak(words) };
}
