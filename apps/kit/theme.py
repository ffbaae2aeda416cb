"""One family, two colours with a meaning: warm is live and steered, blue is its control."""

from typing import Any

TOKENS = {  # name: (light, dark)
    "background": ("#f7f6f3", "#101113"),
    "surface": ("#ffffff", "#191b1e"),
    "tint": ("#f0ede7", "#202226"),
    "ink": ("#17181a", "#ecebe8"),
    "muted": ("#63656b", "#a0a2a9"),
    "line": ("#e3e1dc", "#2c2e33"),
    "live": ("#c2410c", "#ff9248"),
    "control": ("#1d5fa8", "#7db8f5"),
    "good": ("#2b7a3d", "#7ccf8e"),
    # classes of marks beyond live and control: told apart by lightness and shape too
    "class-2": ("#00735c", "#4fd1a5"),
    "class-3": ("#8f2f86", "#e59be0"),
    "class-4": ("#8a7400", "#dccb52"),
    "class-5": ("#55585e", "#b9bbc1"),
}
SANS = ("system-ui", "-apple-system", "Segoe UI", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "monospace")


def css() -> str:
    """The tokens as custom properties, for both themes."""

    def block(selector: str, which: int) -> str:
        lines = (f"--{name}: {colours[which]};" for name, colours in TOKENS.items())
        scheme = ("light", "dark")[which]
        return f"{selector} {{ color-scheme: {scheme}; {' '.join(lines)} }}"

    return block(":root", 0) + "\n" + block(':root[data-theme="dark"]', 1)


def theme() -> Any:
    """Gradio's theme, made of the same tokens."""
    from gradio.themes import Base, sizes

    ours = {
        "body_background_fill": "var(--background)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--muted)",
        "background_fill_primary": "var(--surface)",
        "background_fill_secondary": "var(--tint)",
        "border_color_primary": "var(--line)",
        "border_color_accent": "var(--live)",
        "color_accent_soft": "var(--tint)",
        "link_text_color": "var(--live)",
        "link_text_color_hover": "var(--live)",
        "link_text_color_visited": "var(--live)",
        "link_text_color_active": "var(--live)",
        "block_background_fill": "transparent",
        "block_border_color": "var(--line)",
        "block_border_width": "0px",
        "block_label_background_fill": "transparent",
        "block_label_text_color": "var(--ink)",
        "block_title_text_color": "var(--ink)",
        "block_info_text_color": "var(--muted)",
        "panel_background_fill": "transparent",
        "panel_border_color": "var(--line)",
        "input_background_fill": "var(--surface)",
        "input_background_fill_focus": "var(--surface)",
        "input_background_fill_hover": "var(--surface)",
        "input_border_color": "var(--line)",
        "input_border_color_focus": "var(--ink)",
        "input_placeholder_color": "var(--muted)",
        "slider_color": "var(--ink)",
        "checkbox_background_color": "var(--surface)",
        "checkbox_background_color_selected": "var(--ink)",
        "checkbox_background_color_hover": "var(--tint)",
        "checkbox_background_color_focus": "var(--surface)",
        "checkbox_border_color": "var(--muted)",
        "checkbox_border_color_focus": "var(--ink)",
        "checkbox_border_color_hover": "var(--ink)",
        "checkbox_border_color_selected": "var(--ink)",
        "checkbox_label_background_fill": "var(--surface)",
        "checkbox_label_background_fill_hover": "var(--tint)",
        "checkbox_label_background_fill_selected": "var(--tint)",
        "checkbox_label_border_color": "var(--line)",
        "checkbox_label_border_color_selected": "var(--ink)",
        "checkbox_label_text_color": "var(--ink)",
        "checkbox_label_text_color_selected": "var(--ink)",
        "button_secondary_background_fill": "var(--surface)",
        "button_secondary_background_fill_hover": "var(--tint)",
        "button_secondary_border_color": "var(--line)",
        "button_secondary_border_color_hover": "var(--muted)",
        "button_secondary_text_color": "var(--ink)",
        "button_secondary_text_color_hover": "var(--ink)",
    }
    both = {f"{name}_dark": value for name, value in ours.items()}
    plain = {
        "block_shadow": "none",
        "input_shadow": "none",
        "input_shadow_focus": "none",
        "checkbox_label_shadow": "none",
        "block_radius": "10px",
        "input_radius": "8px",
        "container_radius": "10px",
        "block_padding": "0px",
        "layout_gap": "16px",
        "block_title_text_size": "14px",
        "block_title_text_weight": "400",
        "block_info_text_size": "13px",
        "checkbox_label_text_size": "14px",
        "input_text_size": "14px",
    }
    base = Base(font=SANS, font_mono=MONO, radius_size=sizes.radius_md)
    return base.set(**ours, **both, **plain)
