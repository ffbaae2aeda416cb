// What a query finds is what the markup beside it says, so its kind is not checked; and the DOM
// takes any value as an attribute, a style or a number's text.

interface ParentNode {
  querySelector(selectors: string): any;
  querySelectorAll(selectors: string): NodeListOf<any>;
}
interface NonElementParentNode { getElementById(id: string): any }
interface Document { getElementById(id: string): any }
interface Element {
  closest(selectors: string): any;
  setAttribute(name: string, value: unknown): void;
}
interface CSSStyleDeclaration { setProperty(property: string, value: unknown): void }
interface Window {
  paintTheme(): void;
  __streamlit: object;
}
